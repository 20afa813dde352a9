import path from 'node:path';
import * as vscode from 'vscode';
import type { Context } from '../../context.ts';
import { listingLines, type ListingLine } from '../../language/verifier/places.ts';
import { LOG_SCHEME, logUri, parseLogUri, type Listing, type LogAddress } from './uris.ts';
import type { Verifier } from './verifier.ts';

/** VS Code hands extensions no document of more than 50 MB; it opens such files all the same. */
const LARGEST_DOCUMENT = 45 * 1024 * 1024;

/** Logs and listings beside the source; where the cursor is in one, the other follows. */
export class Logs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  readonly #texts = new Map<string, string>();
  readonly #lines = new Map<string, readonly ListingLine[]>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.rangeHighlightForeground'),
  });
  readonly #subscriptions: vscode.Disposable[];

  constructor(context: Context, verifier: Verifier) {
    this.#context = context;
    this.#verifier = verifier;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(LOG_SCHEME, this),
      verifier.onDidVerify((uri) => {
        this.#outdated(uri);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#texts.delete(uri.toString());
        this.#lines.delete(uri.toString());
      }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections, kind }) => {
        // Only a person's move: what follows moves a selection too.
        const isMove =
          kind === vscode.TextEditorSelectionChangeKind.Keyboard ||
          kind === vscode.TextEditorSelectionChangeKind.Mouse;
        if (isMove && selections[0] !== undefined) this.#follow(textEditor, selections[0].active);
      }),
    ];
  }

  async show(address: LogAddress): Promise<void> {
    const uri = logUri(address.source, address.host, address.program, address.listing);
    const text = await this.#text(uri, address);
    if (text.length > LARGEST_DOCUMENT) {
      await this.#showFile(address, text);
      return;
    }
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preview: true,
    });
    const source = vscode.window.visibleTextEditors.find(
      ({ document: { uri: each } }) => each.toString() === address.source.toString(),
    );
    if (address.listing === 'log') this.#reveal(editor, document.lineCount - 1);
    else if (source !== undefined) this.#follow(source, source.selection.active);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const address = parseLogUri(uri);
    return address === undefined ? '' : this.#text(uri, address);
  }

  async #text(uri: vscode.Uri, address: LogAddress): Promise<string> {
    const known = this.#texts.get(uri.toString());
    if (known !== undefined) return known;
    const text = await this.#read(address);
    this.#texts.set(uri.toString(), text);
    if (text.length <= LARGEST_DOCUMENT) this.#lines.set(uri.toString(), listingLines(text));
    return text;
  }

  /** The log of the last verification; listings are read from the kernel anew. */
  async #read({ source, host, program, listing }: LogAddress): Promise<string> {
    const answer = this.#verifier.answers(source).get(host);
    const verdict = answer?.verdicts.find(({ name }) => name === program);
    if (listing === 'log') {
      const words = verdict?.words.trim() ?? '';
      const log = verdict?.log ?? '';
      return verdict === undefined
        ? `${program} has not been verified on ${host} yet.`
        : [...(words === '' ? [] : [words, '']), log].join('\n');
    }
    const { dumpProgram } = await import('../../bypass/verify.ts');
    const read = await this.#verifier.source(source);
    const dump = await dumpProgram(await this.#context.host(host), read.source, program, {
      tool: await this.#verifier.tool(),
      include: read.include,
    });
    const texts: Readonly<Record<Exclude<Listing, 'log'>, string>> = {
      states: dump.log,
      bytecode: dump.xlated,
      'machine-code': dump.jited,
    };
    return texts[listing];
  }

  async #showFile({ program, host }: LogAddress, text: string): Promise<void> {
    const folder = this.#context.extension.globalStorageUri;
    await vscode.workspace.fs.createDirectory(folder);
    const file = vscode.Uri.joinPath(folder, `${program} on ${host.replaceAll('/', '_')}.log`);
    await vscode.workspace.fs.writeFile(file, Buffer.from(text));
    await vscode.commands.executeCommand('vscode.open', file, vscode.ViewColumn.Beside);
  }

  #outdated(source: vscode.Uri): void {
    for (const key of Array.from(this.#texts.keys())) {
      const uri = vscode.Uri.parse(key);
      if (parseLogUri(uri)?.source.toString() !== source.toString()) continue;
      this.#texts.delete(key);
      this.#lines.delete(key);
      this.#changed.fire(uri);
    }
  }

  #follow(from: vscode.TextEditor, { line }: vscode.Position): void {
    const { uri } = from.document;
    const address = parseLogUri(uri);
    for (const editor of vscode.window.visibleTextEditors) {
      const other = parseLogUri(editor.document.uri);
      if (address !== undefined && editor.document.uri.scheme === 'file') {
        const at = this.#lines.get(uri.toString())?.findLast((each) => each.line <= line);
        if (at?.file === path.basename(editor.document.uri.path)) {
          this.#reveal(editor, at.sourceLine, at.state);
          from.setDecorations(this.#mark, [lineRange(line)]);
        }
      } else if (other?.source.toString() === uri.toString()) {
        const name = path.basename(uri.path);
        const all = this.#lines
          .get(editor.document.uri.toString())
          ?.filter((each) => each.file === name && each.sourceLine === line);
        const first = all?.[0];
        if (first === undefined) continue;
        this.#reveal(editor, first.line);
        editor.setDecorations(
          this.#mark,
          (all ?? []).slice(0, 1000).map((each) => lineRange(each.line)),
        );
        from.setDecorations(this.#mark, [stateBeside(line, first.state)]);
      }
    }
  }

  #reveal(editor: vscode.TextEditor, line: number, state?: string): void {
    editor.setDecorations(this.#mark, [stateBeside(line, state)]);
    editor.revealRange(lineRange(line), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  dispose(): void {
    for (const owned of [this.#mark, this.#changed, ...this.#subscriptions]) owned.dispose();
  }
}

const lineRange = (line: number): vscode.Range => new vscode.Range(line, 0, line, 0);

/** The registers stand after the line's end, as inlay text does. */
const stateBeside = (line: number, state: string | undefined): vscode.DecorationOptions => ({
  range: new vscode.Range(line, 0, line, 10_000),
  ...(state !== undefined && {
    renderOptions: {
      after: {
        contentText: state,
        margin: '0 0 0 3ch',
        color: new vscode.ThemeColor('editorInlayHint.foreground'),
      },
    },
  }),
});
