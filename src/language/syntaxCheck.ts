import * as vscode from 'vscode';
import { isCancelled } from '../host/errors.ts';
import { isBpfFile } from '../diagnostics/bpfFiles.ts';
import { makeDiagnostic } from '../ui/inEditor.ts';
import { parseClang, type ClangMessage } from '../verifier/clang.ts';
import type { Mirror } from './mirror.ts';
import type { Paths } from './paths.ts';
import type { Sources } from './sources.ts';

export interface SyntaxEvents {
  readonly onDiagnostics: (uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[]) => void;
  /** It is there now, installed meanwhile. */
  readonly onClangd: () => void;
  readonly log: vscode.LogOutputChannel;
}

/** Where there is no clangd: what clang itself says of a program when it is opened and saved. */
export class SyntaxCheck implements vscode.Disposable {
  readonly #diagnostics = vscode.languages.createDiagnosticCollection('sockmapBypass.syntax');
  readonly #mirror: Mirror;
  readonly #paths: Paths;
  readonly #sources: Sources;
  readonly #events: SyntaxEvents;
  readonly #running = new Map<string, AbortController>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(mirror: Mirror, paths: Paths, sources: Sources, events: SyntaxEvents) {
    this.#mirror = mirror;
    this.#paths = paths;
    this.#sources = sources;
    this.#events = events;
    this.#subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => {
        void this.#check(document);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (document.uri.path.endsWith('.h')) void this.all();
        else void this.#check(document);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#running.get(uri.toString())?.abort();
        this.#sources.remove(uri);
        this.#diagnostics.delete(uri);
        this.#events.onDiagnostics(uri, []);
      }),
    ];
    void this.all();
  }

  async all(): Promise<void> {
    await Promise.all(vscode.workspace.textDocuments.map((document) => this.#check(document)));
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    if (!isBpfFile(document)) return;
    const key = document.uri.toString();
    this.#running.get(key)?.abort();
    const controller = new AbortController();
    this.#running.set(key, controller);
    try {
      this.#sources.add(document.uri);
      const { failures } = await this.#sources.update();
      for (const failure of failures) this.#events.log.warn(String(failure));
      const known = this.#sources.commandOf(document.uri);
      if (known === undefined) return;
      const { index, command, limits } = known;
      const said = await this.#mirror.checkSyntax(index, command, {
        limits,
        signal: controller.signal,
      });
      if (controller.signal.aborted) return;
      this.#show(document.uri, index, parseClang(said.words, known.files));
      if (said.clangd !== undefined) this.#events.onClangd();
    } catch (error) {
      if (!isCancelled(error)) this.#events.log.error(String(error));
    } finally {
      if (this.#running.get(key) === controller) this.#running.delete(key);
    }
  }

  /** At its place; a problem in a header is shown at the top of the program that includes it. */
  #show(uri: vscode.Uri, index: number, messages: readonly ClangMessage[]): void {
    const own = messages.map((message) => {
      const isHere = this.#fileOf(index, message)?.toString() === uri.toString();
      return asDiagnostic(message, isHere);
    });
    this.#diagnostics.set(uri, own);
    this.#events.onDiagnostics(uri, own);
  }

  #fileOf(index: number, { file }: ClangMessage): vscode.Uri | undefined {
    return file.startsWith('/')
      ? undefined
      : this.#paths.fromHost(vscode.Uri.file(`${this.#mirror.folder(index)}/${file}`).toString());
  }

  dispose(): void {
    for (const controller of this.#running.values()) controller.abort();
    for (const owned of [this.#diagnostics, ...this.#subscriptions]) owned.dispose();
  }
}

function asDiagnostic(message: ClangMessage, isHere: boolean): vscode.Diagnostic {
  const { file, line, column, endColumn, severity } = message;
  const range = isHere
    ? new vscode.Range(line - 1, column - 1, line - 1, (endColumn ?? column) - 1)
    : new vscode.Range(0, 0, 0, 0);
  const words = isHere ? message.message : `${file}:${line}: ${message.message}`;
  const diagnostic = makeDiagnostic(
    range,
    words,
    severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
  );
  diagnostic.source = 'clang';
  return diagnostic;
}
