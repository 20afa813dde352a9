import path from 'node:path';
import * as vscode from 'vscode';
import type { ObjectProgram } from '../verifier/objectProgram.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { codeLines, logLines, type ListingLine } from '../verifier/places.ts';
import { fileName, oneLine } from '../text.ts';
import { LOG_SCHEME, logUri, parseLogUri, type Listing, type LogAddress } from './listingUris.ts';
import type { Verifier } from './verifier.ts';

/** A line in a loop that is unrolled, or that the verifier walks over often, has many. */
const MOST_MARKED = 1000;
/** Most registers shown beside a line; all of them stand in the listing. */
const LONGEST_STATE = 200;

/** VS Code hands extensions no document of more than 50 MB; it opens such files all the same. */
const LARGEST_DOCUMENT = 45 * 1024 * 1024;

/** A log with states that is longer is shown with each instruction once. */
const LONGEST_STATES = 2 * 1024 * 1024;

/** The listing that names the source of instructions, on kernels before 6.9 of all of them. */
async function programOf(
  object: Uint8Array | undefined,
  name: string,
): Promise<ObjectProgram | undefined> {
  const { readObject } = await import('../verifier/diagnose.ts');
  return readObject(object).find((each) => each.name === name);
}

/** Logs and listings beside the source; where the cursor is in one, the other follows. */
export class Logs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  /** Listings that have been read or are being read; outdated ones are not kept. */
  /** Listings that a person has asked for in this window. */
  readonly #shown = new Set<string>();
  readonly #texts = new Map<string, Promise<string>>();
  readonly #lines = new Map<string, readonly ListingLine[]>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #marked = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.selectionHighlightBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.selectionHighlightForeground'),
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
        // A listing that is opened or read anew moves its selection too, by no hand.
        const isMove =
          textEditor === vscode.window.activeTextEditor &&
          (kind !== undefined || !isListing(textEditor.document));
        if (isMove && selections[0] !== undefined) this.#follow(textEditor, selections[0].active);
      }),
    ];
  }

  async show(address: LogAddress): Promise<void> {
    const uri = logUri(address.source, address.host, address.program, address.listing);
    this.#shown.add(uri.toString());
    const text = await this.#text(uri, address);
    if (text.length > LARGEST_DOCUMENT) {
      const file = await this.#writeFile(address, text);
      await vscode.commands.executeCommand('vscode.open', file, vscode.ViewColumn.Beside);
      return;
    }
    const document = await vscode.workspace.openTextDocument(uri);
    const other = vscode.window.visibleTextEditors.find((each) => isListing(each.document));
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: other?.viewColumn ?? vscode.ViewColumn.Beside,
      preview: true,
    });
    const source = vscode.window.visibleTextEditors.find(
      ({ document: { uri: each } }) => each.toString() === address.source.toString(),
    );
    const last = this.#lines.get(uri.toString())?.at(-1);
    if (address.listing === 'log') this.#show(editor, [last?.line ?? document.lineCount - 1]);
    else if (source !== undefined) this.#follow(source, source.selection.active);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const address = parseLogUri(uri);
    if (address === undefined) return '';
    // An address alone, as a link or a restored window has it, is no reason to go to a host.
    if (address.listing !== 'log' && !this.#shown.has(uri.toString())) {
      return `; ${vscode.l10n.t('Show it again from the program: {0}.', address.program)}\n`;
    }
    try {
      return await this.#text(uri, address);
    } catch (error) {
      // Read anew after a change that the host rejects: what was there before would be wrong.
      return error instanceof HostError
        ? `${error.message}\n\n${error.problem.words}`
        : String(error);
    }
  }

  #text(uri: vscode.Uri, address: LogAddress): Promise<string> {
    const key = uri.toString();
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const reading: Promise<string> = this.#read(address).then(
      async ({ text, object }) => {
        const lines = await linesOf(address, text, object);
        if (this.#texts.get(key) === reading) this.#lines.set(key, lines);
        return text;
      },
      (error: unknown) => {
        if (this.#texts.get(key) === reading) this.#texts.delete(key);
        throw error;
      },
    );
    this.#texts.set(key, reading);
    return reading;
  }

  /** The log of the last verification; listings are read from the kernel anew. */
  async #read(address: LogAddress): Promise<{ text: string; object: Uint8Array | undefined }> {
    const { source, host, program, listing } = address;
    if (listing === 'log') {
      const answer = this.#verifier.answers(source).get(host);
      const verdict = answer?.verdicts.find(({ name }) => name === program);
      const words = verdict?.words.trim() ?? '';
      const log = verdict?.log ?? '';
      const text =
        verdict === undefined
          ? vscode.l10n.t('{0} has not been verified on {1} yet.', program, host)
          : [...(words === '' ? [] : [words, '']), log].join('\n');
      return { text, object: answer?.object };
    }
    const { dumpProgram } = await import('../verifier/verify.ts');
    const { object, log, xlated, jited } = await dumpProgram(
      await this.#context.host(host),
      await this.#verifier.source(source),
      program,
      {
        tool: await this.#verifier.tool(),
        states: listing === 'states',
      },
    );
    const texts: Readonly<Record<Exclude<Listing, 'log'>, string>> = {
      states: log.length > LONGEST_STATES ? await this.#shortened(address, log, object) : log,
      bytecode: xlated,
      'machine-code': jited,
    };
    return { text: texts[listing], object };
  }

  /** Each instruction once, of a log of hundreds of thousands of lines; all of it stands in a file. */
  async #shortened(address: LogAddress, log: string, object: Uint8Array): Promise<string> {
    const [{ condense }, program, file] = await Promise.all([
      import('../verifier/condense.ts'),
      programOf(object, address.program),
      this.#writeFile(address, log),
    ]);
    const words = vscode.l10n.t(
      'Each instruction as the verifier saw it first, of {0} lines. All of them: {1}',
      log.split('\n').length.toLocaleString('en'),
      file.toString(),
    );
    return `; ${words}

${condense(log, (instruction) => program?.at(instruction))}
${log.slice(log.lastIndexOf('\nprocessed ') + 1)}`;
  }

  async #writeFile({ program, host }: LogAddress, text: string): Promise<vscode.Uri> {
    const folder = this.#context.extension.globalStorageUri;
    await vscode.workspace.fs.createDirectory(folder);
    const name = `${fileName(`${program} on ${host}`)}.bpf-log`;
    const file = vscode.Uri.joinPath(folder, name);
    await vscode.workspace.fs.writeFile(file, Buffer.from(text));
    return file;
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
    const listed = this.#lines.get(uri.toString());
    if (listed !== undefined) this.#followListing(from, listed, line);
    else if (!isListing(from.document)) this.#followSource(from, line);
  }

  /** Marks the line of the source that an instruction comes from, with its registers beside it. */
  #followListing(from: vscode.TextEditor, listed: readonly ListingLine[], line: number): void {
    const at = listed.findLast((each) => each.line <= line);
    this.#mark(from, at === undefined ? [] : [line]);
    for (const editor of vscode.window.visibleTextEditors) {
      if (isListing(editor.document)) continue;
      const isSource = at?.file === path.basename(editor.document.uri.path);
      this.#show(editor, isSource ? [at.sourceLine] : [], at?.state);
    }
  }

  /** Marks all instructions of a line, in each listing beside the source. */
  #followSource(from: vscode.TextEditor, line: number): void {
    const name = path.basename(from.document.uri.path);
    let state: string | undefined;
    let isListed = false;
    for (const editor of vscode.window.visibleTextEditors) {
      const listed = this.#lines.get(editor.document.uri.toString());
      if (listed === undefined) continue;
      const its = listed.filter((each) => each.file === name && each.sourceLine === line);
      state ??= its.find((each) => each.state !== undefined)?.state;
      isListed ||= its.length > 0;
      this.#show(
        editor,
        its.slice(0, MOST_MARKED).map((each) => each.line),
      );
    }
    this.#mark(from, isListed ? [line] : [], state);
  }

  /** Marks lines in place of those marked before. */
  #mark(editor: vscode.TextEditor, lines: readonly number[], state?: string): void {
    editor.setDecorations(
      this.#marked,
      lines.map((line) => stateBeside(line, state)),
    );
  }

  /** Marks lines, and brings the first of them into view. */
  #show(editor: vscode.TextEditor, lines: readonly number[], state?: string): void {
    this.#mark(editor, lines, state);
    const [first] = lines;
    if (first === undefined) return;
    editor.revealRange(lineRange(first), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  dispose(): void {
    for (const owned of [this.#marked, this.#changed, ...this.#subscriptions]) owned.dispose();
  }
}

async function linesOf(
  { listing, program: name }: LogAddress,
  text: string,
  object: Uint8Array | undefined,
): Promise<readonly ListingLine[]> {
  if (text.length > LARGEST_DOCUMENT) return [];
  if (listing !== 'log' && listing !== 'states') return codeLines(text);
  const program = await programOf(object, name);
  return logLines(text, (instruction) => program?.at(instruction));
}

const isListing = ({ uri }: vscode.TextDocument): boolean => uri.scheme === LOG_SCHEME;

const lineRange = (line: number): vscode.Range => new vscode.Range(line, 0, line, 0);

/** The registers stand after the line's end, as inlay text does. */
const stateBeside = (line: number, state: string | undefined): vscode.DecorationOptions => ({
  range: new vscode.Range(line, 0, line, 10_000),
  ...(state !== undefined && {
    renderOptions: {
      after: {
        contentText: oneLine(state, LONGEST_STATE),
        margin: '0 0 0 3ch',
        color: new vscode.ThemeColor('editorInlayHint.foreground'),
      },
    },
  }),
});
