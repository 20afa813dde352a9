import path from 'node:path';
import * as vscode from 'vscode';
import type { HotLine } from '../verifier/runTime.ts';
import type { RunTimes } from './runTimes.ts';
import type { Verifier } from './verifier.ts';
import { makeAfter } from '../ui/inEditor.ts';

/** Less of a program's time is not shown at its line. */
const LEAST_SHARE = 0.01;

/**
 * Where a line of a loaded program is in a document, from 0: the nearest that has its text, for the source may have
 * been edited since it was compiled.
 * @returns undefined where the document is another file, or has no such line.
 */
export function lineIn(document: vscode.TextDocument, hot: HotLine): number | undefined {
  if (path.posix.basename(hot.file) !== path.posix.basename(document.uri.path)) return undefined;
  let nearest: number | undefined;
  for (let line = 0; line < document.lineCount; line++) {
    const isNearer = Math.abs(line + 1 - hot.line) < Math.abs((nearest ?? Infinity) + 1 - hot.line);
    if (isNearer && document.lineAt(line).text.trim() === hot.text) nearest = line;
  }
  return nearest;
}

/** Says behind each line in sight how much of a loaded program's time is spent there, while that is measured. */
export class HotLines implements vscode.Disposable {
  readonly #runTimes: RunTimes;
  readonly #verifier: Verifier;
  readonly #decoration = vscode.window.createTextEditorDecorationType({
    after: { margin: '0 0 0 2em', color: new vscode.ThemeColor('editorCodeLens.foreground') },
  });
  readonly #subscriptions: vscode.Disposable[];

  constructor(runTimes: RunTimes, verifier: Verifier) {
    this.#runTimes = runTimes;
    this.#verifier = verifier;
    const draw = (editors: readonly vscode.TextEditor[]) => {
      for (const editor of editors)
        editor.setDecorations(this.#decoration, this.#decorations(editor.document));
    };
    this.#subscriptions = [
      runTimes.onDidChange(() => {
        draw(vscode.window.visibleTextEditors);
      }),
      vscode.window.onDidChangeVisibleTextEditors(draw),
      // Every line of a log is such a change, too.
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        draw(vscode.window.visibleTextEditors.filter((editor) => editor.document === document));
      }),
    ];
  }

  #decorations(document: vscode.TextDocument): vscode.DecorationOptions[] {
    const words = new Map<number, Set<string>>();
    for (const { host, answer } of this.#verifier.answersAbout(document.uri)) {
      for (const program of answer.diagnosis.programs) {
        for (const hot of this.#runTimes.lines(host, program)) {
          const line = hot.share < LEAST_SHARE ? undefined : lineIn(document, hot);
          if (line === undefined) continue;
          const said = vscode.l10n.t('{0} of {1}', shareText(hot), program.name);
          words.set(line, (words.get(line) ?? new Set()).add(said));
        }
      }
    }
    return Array.from(words, ([line, said]) =>
      makeAfter(document.lineAt(line).range, Array.from(said).join(', ')),
    );
  }

  dispose(): void {
    for (const owned of [this.#decoration, ...this.#subscriptions]) owned.dispose();
  }
}

/** "31%". */
export const shareText = ({ share }: HotLine): string => `${Math.round(share * 100)}%`;
