import * as vscode from 'vscode';
import { isCancelled } from '../host/errors.ts';
import { lineKey } from '../verifier/visits.ts';
import type { Answer, LineStates } from './lineStates.ts';
import type { Verified } from './verified.ts';
import type { Verifier } from './verifier.ts';

/** Lines of an answer's programs, by `lineKey`. */
interface Lines {
  readonly compiled: ReadonlySet<string>;
  /** Those that the verifier came to, or may have. */
  readonly reached: ReadonlySet<string>;
}

/** Dims, while it is switched on, the lines in sight that have instructions and that the verifier never came to. */
export class Coverage implements vscode.Disposable {
  readonly #states: LineStates;
  #isOn = false;
  readonly #lines = new WeakMap<Verified, Lines>();
  readonly #dimmed = vscode.window.createTextEditorDecorationType({
    color: new vscode.ThemeColor('sockmapBypass.unreachedForeground'),
  });
  readonly #failed = new vscode.EventEmitter<unknown>();
  /** Receives why a host could not be asked. */
  readonly onDidFail = this.#failed.event;
  readonly #subscriptions: vscode.Disposable[];

  constructor(states: LineStates, verifier: Verifier) {
    this.#states = states;
    const look = () => {
      void this.#look().catch((error: unknown) => {
        if (isCancelled(error)) return;
        this.#isOn = false;
        this.#draw();
        this.#failed.fire(error);
      });
    };
    this.#subscriptions = [
      vscode.window.onDidChangeVisibleTextEditors(look),
      verifier.onDidVerify(look),
      vscode.workspace.onDidChangeTextDocument(({ contentChanges }) => {
        if (contentChanges.length > 0) this.#draw();
      }),
    ];
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /**
   * @returns the lines that are dimmed, from 1, by the URI of the file.
   * @throws HostError when a host cannot be asked: then it is off.
   */
  async turn(on: boolean, signal: AbortSignal): Promise<Record<string, number[]>> {
    this.#isOn = on;
    const stop = () => {
      for (const one of this.#wanted()) this.#states.cancel(one);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#look();
    } catch (error) {
      this.#isOn = false;
      this.#draw();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return Object.fromEntries(
      vscode.window.visibleTextEditors.flatMap(({ document }) => {
        const lines = this.#linesOf(document).map((line) => line + 1);
        return lines.length === 0 ? [] : [[document.uri.toString(), lines]];
      }),
    );
  }

  /** Asks of what is in sight and not known yet, then shows it. */
  async #look(): Promise<void> {
    this.#draw();
    for (const one of this.#wanted()) {
      if (this.#lines.has(one.answer)) continue;
      const programs = Array.from((await this.#states.compiled(one)).keys());
      const found = await this.#states.visits(one, programs);
      this.#lines.set(one.answer, {
        compiled: new Set(found.flatMap(({ compiled }) => Array.from(compiled))),
        // Where a log ends early nothing is certain.
        reached: new Set(
          found.flatMap(({ compiled, visited, isWhole }) =>
            Array.from(isWhole ? visited.keys() : compiled),
          ),
        ),
      });
      this.#draw();
    }
  }

  #wanted(): Answer[] {
    if (!this.#isOn) return [];
    return vscode.window.visibleTextEditors.flatMap(({ document }) =>
      this.#states.answersAbout(document.uri),
    );
  }

  /** Lines of a document, from 0, that no source's verification came to. */
  #linesOf({ uri, lineCount }: vscode.TextDocument): number[] {
    if (!this.#isOn) return [];
    const known = this.#states.answersAbout(uri).flatMap(({ answer, file }) => {
      const lines = this.#lines.get(answer);
      return lines === undefined ? [] : [{ ...lines, file }];
    });
    return Array.from({ length: lineCount }, (_, line) => line).filter(
      (line) =>
        known.some(({ compiled, file }) => compiled.has(lineKey(file, line))) &&
        !known.some(({ reached, file }) => reached.has(lineKey(file, line))),
    );
  }

  #draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const { document } = editor;
      const ranges = this.#linesOf(document).map((line) => {
        const { range, firstNonWhitespaceCharacterIndex: start } = document.lineAt(line);
        return range.with({ start: new vscode.Position(line, start) });
      });
      editor.setDecorations(this.#dimmed, ranges);
    }
  }

  dispose(): void {
    for (const owned of [this.#dimmed, this.#failed, ...this.#subscriptions]) owned.dispose();
  }
}
