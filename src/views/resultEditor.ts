import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { isFromPanel, type ToPanel } from '../protocol.ts';

/** Shows a `*.sockmap-bench.json` as charts, and follows it while a run writes it. */
export class ResultEditorProvider implements vscode.CustomReadonlyEditorProvider<ResultFile> {
  static readonly viewType = 'sockmapBypass.result';

  readonly #extension: vscode.Uri;

  private constructor(extension: vscode.Uri) {
    this.#extension = extension;
  }

  static register(context: vscode.ExtensionContext): vscode.Disposable {
    return vscode.window.registerCustomEditorProvider(
      ResultEditorProvider.viewType,
      new ResultEditorProvider(context.extensionUri),
      // Two views of one run, side by side, may show different arms.
      { supportsMultipleEditorsPerDocument: true },
    );
  }

  openCustomDocument(uri: vscode.Uri): ResultFile {
    return new ResultFile(uri);
  }

  resolveCustomEditor(file: ResultFile, panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      localResourceRoots: ['dist', 'media'].map((folder) =>
        vscode.Uri.joinPath(this.#extension, folder),
      ),
    };
    const send = () => {
      // A hidden panel's page is gone; it asks again, with `ready`, when it is back.
      if (file.state) void webview.postMessage(file.state);
    };
    const subscriptions = [
      file.onDidChange(send),
      webview.onDidReceiveMessage((message: unknown) => {
        if (!isFromPanel(message)) return;
        if (message.type === 'ready') send();
        else void vscode.commands.executeCommand('vscode.openWith', file.uri, 'default');
      }),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
    });
    webview.html = this.#html(webview);
  }

  #html(webview: vscode.Webview): string {
    const resource = (...path: string[]) =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#extension, ...path)).toString();
    const nonce = randomBytes(16).toString('base64');
    const source = webview.cspSource;
    const policy = [
      `default-src 'none'`,
      `script-src 'nonce-${nonce}'`,
      `style-src ${source}`,
      `img-src ${source} data:`,
      `font-src ${source}`,
    ].join('; ');
    return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Sockmap benchmark</title>
    <link rel="stylesheet" href="${resource('media', 'panel.css')}" />
  </head>
  <body>
    <main></main>
    <script type="application/json" id="chart-data"></script>
    <script nonce="${nonce}" src="${resource('dist', 'panel.js')}"></script>
  </body>
</html>`;
  }
}

/** A run writes in bursts of events; one reading serves them all. */
const SETTLE_MS = 100;
/** Watchers miss changes on network drives and behind some links; a look at the clock does not. */
const POLL_MS = 2000;
/** A file that is being copied is half there for a moment; a fault is one that stays. */
const ATTEMPTS = 3;
const RETRY_MS = 200;

/** A result document on disk, read anew whenever it changes. */
class ResultFile implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  /** The newest message for panels; absent until the file was read for the first time. */
  state: ToPanel | undefined;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #name: string;
  readonly #watcher: vscode.FileSystemWatcher;
  readonly #poll: NodeJS.Timeout;
  #settle: NodeJS.Timeout | undefined;
  /** Of the file as last read. */
  #stamp = '';
  #reading = false;
  #disposed = false;

  constructor(uri: vscode.Uri) {
    this.uri = uri;
    this.#name = baseName(uri);
    // The folder is watched, not the file: a rename puts a new file in the old one's place, and a
    // name may hold characters that mean something else in a pattern.
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), '*');
    this.#watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const onEvent = (at: vscode.Uri) => {
      if (baseName(at) === this.#name) this.#schedule();
    };
    this.#watcher.onDidCreate(onEvent);
    this.#watcher.onDidChange(onEvent);
    this.#watcher.onDidDelete(onEvent);
    this.#poll = setInterval(() => void this.#refresh(), POLL_MS);
    void this.#refresh();
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
    this.#watcher.dispose();
    this.#changed.dispose();
  }

  #schedule(): void {
    if (this.#disposed) return;
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => void this.#refresh(), SETTLE_MS);
  }

  /** Reads the file if it is not the one read last. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#reading) {
      this.#schedule();
      return;
    }
    this.#reading = true;
    try {
      // Taken before the file is read: what changes meanwhile is read next time.
      const stamp = await this.#currentStamp();
      if (stamp === this.#stamp) return;
      const state = await this.#read();
      if (this.#disposed) return;
      this.#stamp = stamp;
      this.state = state;
      this.#changed.fire();
    } finally {
      this.#reading = false;
    }
  }

  async #currentStamp(): Promise<string> {
    try {
      const { mtime, size } = await vscode.workspace.fs.stat(this.uri);
      return `${mtime}/${size}`;
    } catch {
      return 'missing';
    }
  }

  async #read(): Promise<ToPanel> {
    let reason = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      try {
        const content = await vscode.workspace.fs.readFile(this.uri);
        // Loaded with the first result: the validator would slow the extension's start.
        const { parseDocument } = await import('../bench/document.ts');
        const document = parseDocument(new TextDecoder().decode(content));
        return { type: 'document', document, fileName: this.#name };
      } catch (error) {
        reason = reasonOf(error);
      }
    }
    return { type: 'invalid', reason, fileName: this.#name };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') {
    return 'The file is not there. It is shown as soon as it is back.';
  }
  return error instanceof Error ? error.message : String(error);
}

const baseName = (uri: vscode.Uri): string => uri.path.slice(uri.path.lastIndexOf('/') + 1);
