import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import {
  isFromPanel,
  MOST_RUNS,
  sentRun,
  type FromPanel,
  type SentRun,
  type ShownRun,
  type ToPanel,
} from '../results/protocol.ts';
import { oneLine, paragraphs } from '../text.ts';
import { showFailure } from './window.ts';

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
    const shown = new ShownRuns(file, (state) => void webview.postMessage(state));
    const subscriptions = [
      shown,
      webview.onDidReceiveMessage((message: unknown) => {
        if (isFromPanel(message)) {
          answer(file, shown, message).catch((error: unknown) => {
            void showFailure(reasonOf(error));
          });
        }
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
      // What the above does not cover.
      `base-uri 'none'`,
      `form-action 'none'`,
      `script-src 'nonce-${nonce}'`,
      `style-src ${source}`,
      // What writes a chart as SVG finds the parts of a font by a style attribute.
      `style-src-attr 'unsafe-inline'`,
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

async function answer(file: ResultFile, shown: ShownRuns, message: FromPanel): Promise<void> {
  switch (message.type) {
    case 'ready':
      // A hidden panel's page is gone; it asks again when it is back.
      shown.listening = true;
      shown.send();
      return;
    case 'openAsText':
      await vscode.commands.executeCommand('vscode.openWith', file.uri, 'default');
      return;
    case 'resume':
      // It tells of its own failures.
      void vscode.commands.executeCommand('sockmapBypass.resumeBenchmark', { uri: file.uri });
      return;
    case 'addRuns': {
      const picked = await vscode.window.showOpenDialog({
        title: 'Overlay other runs',
        openLabel: 'Overlay',
        canSelectMany: true,
        defaultUri: vscode.Uri.joinPath(file.uri, '..'),
        filters: { 'Sockmap benchmarks': ['sockmap-bench.json', 'json'] },
      });
      for (const uri of picked ?? []) await shown.add(uri);
      return;
    }
    case 'removeRun':
      shown.remove(message.run);
      return;
    case 'exportText':
    case 'exportPicture': {
      const { exportShown } = await import('./exportResult.ts');
      await exportShown(file.uri, shown.runs(), message);
    }
  }
}

/** The runs of one panel: the editor's own file, and files a person has picked beside it. */
class ShownRuns implements vscode.Disposable {
  /** Whether the page has asked: what is sent before would wait there, and be drawn for nothing. */
  listening = false;
  readonly #own: ResultFile;
  readonly #send: (state: ToPanel) => void;
  readonly #others: ResultFile[] = [];
  readonly #subscription: vscode.Disposable;

  constructor(own: ResultFile, send: (state: ToPanel) => void) {
    this.#own = own;
    this.#send = send;
    this.#subscription = own.onDidChange(() => {
      this.send();
    });
  }

  /** What can be shown now; empty where the panel's own file cannot. */
  runs(): ShownRun[] {
    return this.#files().flatMap(({ state }) => state?.run ?? []);
  }

  #files(): ResultFile[] {
    return [this.#own, ...this.#others];
  }

  send(): void {
    if (!this.listening) return;
    const { state } = this.#own;
    const [own, ...others] = this.#files().flatMap((file) => file.state?.sent ?? []);
    if (state?.reason !== undefined) {
      this.#send({
        type: 'invalid',
        reason: paragraphs(state.reason),
        fileName: oneLine(this.#own.name),
      });
    } else if (own) this.#send({ type: 'runs', runs: [own, ...others] });
  }

  /** @throws Error where it is no result document, or one too many. */
  async add(uri: vscode.Uri): Promise<void> {
    const known = this.#files().some((each) => each.uri.toString() === uri.toString());
    if (known) return;
    if (this.#others.length + 1 >= MOST_RUNS) {
      throw new Error(
        `${baseName(uri)} is not shown: ${MOST_RUNS} runs are as many as can be told apart. Remove one first.`,
      );
    }
    const file = new ResultFile(uri);
    const { reason } = await file.first;
    if (reason !== undefined) {
      file.dispose();
      throw new Error(`${file.name} cannot be shown: ${reason}`);
    }
    this.#others.push(file);
    file.onDidChange(() => {
      this.send();
    });
    this.send();
  }

  /** @param run as in the panel: the files that can be shown, in their order. */
  remove(run: number): void {
    const file = this.#others.filter(({ state }) => state?.run)[run - 1];
    if (!file) return;
    this.#others.splice(this.#others.indexOf(file), 1);
    file.dispose();
    this.send();
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const file of this.#others) file.dispose();
  }
}

/** A run writes in bursts of events; one reading serves them all. */
const SETTLE_MS = 100;
/** Watchers miss changes on network drives and behind some links; a look at the clock does not. */
const POLL_MS = 2000;
/** A file that is being copied is half there for a moment; a fault is one that stays. */
const ATTEMPTS = 3;
const RETRY_MS = 200;

/** What the file holds, or why it cannot be shown. */
type FileState =
  | { readonly run: ShownRun; readonly sent: SentRun; readonly reason?: undefined }
  | { readonly reason: string; readonly run?: undefined; readonly sent?: undefined };

/** A result document on disk, read anew whenever it changes. */
class ResultFile implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly name: string;
  /** Absent until the file was read for the first time. */
  state: FileState | undefined;
  /** The first reading. */
  readonly first: Promise<FileState>;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #watcher: vscode.FileSystemWatcher;
  readonly #poll: NodeJS.Timeout;
  #settle: NodeJS.Timeout | undefined;
  /** Of the file as last read. */
  #stamp = '';
  #reading = false;
  #disposed = false;

  constructor(uri: vscode.Uri) {
    this.uri = uri;
    this.name = baseName(uri);
    // The folder is watched, not the file: a rename puts a new file in the old one's place, and a
    // name may hold characters that mean something else in a pattern.
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), '*');
    this.#watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const onEvent = (at: vscode.Uri) => {
      if (baseName(at) === this.name) this.#schedule();
    };
    this.#watcher.onDidCreate(onEvent);
    this.#watcher.onDidChange(onEvent);
    this.#watcher.onDidDelete(onEvent);
    this.#poll = setInterval(() => void this.#refresh(), POLL_MS);
    this.first = new Promise((resolve) => {
      const first = this.onDidChange(() => {
        first.dispose();
        if (this.state) resolve(this.state);
      });
    });
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

  async #read(): Promise<FileState> {
    let reason = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      try {
        const content = await vscode.workspace.fs.readFile(this.uri);
        // Loaded with the first result: the validator would slow the extension's start.
        const { parseDocument } = await import('../results/document.ts');
        const document = parseDocument(new TextDecoder().decode(content));
        const run = { document, fileName: this.name };
        // Made while the page is still coming up.
        return { run, sent: sentRun(run) };
      } catch (error) {
        reason = reasonOf(error);
      }
    }
    return { reason };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') {
    return 'The file is not there. It is shown as soon as it is back.';
  }
  return error instanceof Error ? error.message : String(error);
}

const baseName = (uri: vscode.Uri): string => uri.path.slice(uri.path.lastIndexOf('/') + 1);
