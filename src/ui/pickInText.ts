import * as vscode from 'vscode';
import { question } from './form.ts';
import { pickWith, type Item, type Shown } from './quickPick.ts';
import type { Reports } from './reports.ts';

/** An answer, and the part of the text that it is about: offsets of its first character and behind its last. */
export interface PlaceItem<T> extends Item<T> {
  readonly at?: readonly [start: number, end: number];
}

/** Empty lines before the text, where the quick pick has few items, and where it has many. */
const FEW = 4;
const FEW_LINES = 5;
const MANY_LINES = 20;

interface Options {
  readonly title: string;
  readonly placeholder: string;
  /** Title of the editor with the text. */
  readonly name: string;
  readonly text: string;
}

/**
 * Asks about a text, which stands in an editor meanwhile, to be read and scrolled: no dialog is before it. The
 * editor follows the item that the quick pick is at, and a click on a place there chooses its item. An item
 * without a value scrolls the text by a screen.
 * @returns undefined when the person closed it.
 */
export const pickInText = <T>(
  reports: Reports,
  { title, placeholder, name, text }: Options,
  items: readonly PlaceItem<T>[],
): Promise<Exclude<T, undefined> | undefined> =>
  question(async (place) => {
    // The quick pick hangs over the first lines.
    const lead = items.length > FEW ? MANY_LINES : FEW_LINES;
    const editor = await reports.show(name, `${'\n'.repeat(lead)}${text}`, { wraps: true });
    using follower = new Follower<T>(editor, items, lead);
    try {
      const answer = await pickWith(items, { title, placeholder }, place, (pick) =>
        follower.follow(pick),
      );
      return answer as typeof answer & { value: Exclude<T, undefined> };
    } finally {
      await reports.close(editor);
    }
  });

/** Keeps a quick pick and the text of an editor at the same place. */
class Follower<T> implements Disposable {
  readonly #editor: vscode.TextEditor;
  /** Characters before the text. */
  readonly #lead: number;
  readonly #places = vscode.window.createTextEditorDecorationType({
    cursor: 'pointer',
    border: '1px solid',
    borderColor: new vscode.ThemeColor('editor.wordHighlightBorder'),
    backgroundColor: new vscode.ThemeColor('editor.wordHighlightBackground'),
  });
  readonly #active = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('editor.findMatchBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.findMatchForeground'),
  });
  readonly #pointed = new vscode.EventEmitter<Shown<T>>();
  readonly #subscriptions: vscode.Disposable[] = [];

  constructor(editor: vscode.TextEditor, items: readonly PlaceItem<T>[], lead: number) {
    this.#editor = editor;
    this.#lead = lead;
    const ranges = items.flatMap(({ value, at }) =>
      value === undefined || at === undefined ? [] : [this.#range(at)],
    );
    editor.setDecorations(this.#places, ranges);
  }

  follow(pick: vscode.QuickPick<Shown<T>>): vscode.Event<Shown<T>> {
    this.#subscriptions.push(
      pick.onDidChangeActive(([item]) => {
        const at = placeOf(item);
        const ranges = at === undefined ? [] : [this.#range(at)];
        this.#editor.setDecorations(this.#active, ranges);
        for (const { start } of ranges) this.#reveal(start.line);
      }),
      pick.onDidAccept(() => {
        if ((pick.selectedItems[0] ?? pick.activeItems[0])?.value === undefined) this.#readOn();
      }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind, selections }) => {
        const [selection] = selections;
        if (textEditor.document !== this.#editor.document || selection === undefined) return;
        if (kind !== vscode.TextEditorSelectionChangeKind.Mouse) return;
        const item = pick.items.find((each) => {
          const at = placeOf(each);
          return at !== undefined && this.#range(at).contains(selection.active);
        });
        if (item !== undefined) this.#pointed.fire(item);
      }),
    );
    return this.#pointed.event;
  }

  /** Has a line be in the lower half of the editor, where no quick pick is over it. */
  #reveal(line: number): void {
    const { start, end } = this.#visible;
    const [middle, lines] = [(start.line + end.line) / 2, end.line - start.line];
    if (line < middle || line >= end.line) this.#scrollTo(line - Math.floor(lines * 0.6));
  }

  /** From the last line on; at the end from the first one. */
  #readOn(): void {
    const { start, end } = this.#visible;
    const isEnd = end.line >= this.#editor.document.lineCount - 1;
    this.#scrollTo(isEnd ? 0 : Math.max(start.line + 1, end.line - FEW_LINES));
  }

  get #visible(): vscode.Range {
    return this.#editor.visibleRanges[0] ?? new vscode.Range(0, 0, 0, 0);
  }

  #scrollTo(line: number): void {
    const at = Math.max(0, line);
    this.#editor.revealRange(new vscode.Range(at, 0, at, 0), vscode.TextEditorRevealType.AtTop);
  }

  #range([start, end]: readonly [number, number]): vscode.Range {
    const { document } = this.#editor;
    const [from, to] = [start + this.#lead, end + this.#lead];
    return new vscode.Range(document.positionAt(from), document.positionAt(to));
  }

  [Symbol.dispose](): void {
    for (const each of this.#subscriptions) each.dispose();
    for (const each of [this.#places, this.#active]) each.dispose();
    this.#pointed.dispose();
  }
}

const placeOf = (item: object | undefined): PlaceItem<unknown>['at'] =>
  (item as PlaceItem<unknown> | undefined)?.at;
