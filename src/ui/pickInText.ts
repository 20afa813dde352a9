import * as vscode from 'vscode';
import { question } from './form.ts';
import { pickWith, type Item, type Shown } from './quickPick.ts';
import type { Reports } from './reports.ts';

/** An answer, and the part of the text that it is about: offsets of its first character and behind its last. */
export interface PlaceItem<T> extends Item<T> {
  readonly at?: readonly [start: number, end: number];
}

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
 * without a value only shows its place.
 * @returns undefined when the person closed it.
 */
export const pickInText = <T>(
  reports: Reports,
  { title, placeholder, name, text }: Options,
  items: readonly PlaceItem<T>[],
): Promise<Exclude<T, undefined> | undefined> =>
  question(async (place) => {
    const editor = await reports.show(name, text);
    using follower = new Follower<T>(editor, items);
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

  constructor(editor: vscode.TextEditor, items: readonly PlaceItem<T>[]) {
    this.#editor = editor;
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
        for (const range of ranges) {
          // Whatever has no value is there to be read on from its place.
          this.#editor.revealRange(
            range,
            item?.value === undefined
              ? vscode.TextEditorRevealType.AtTop
              : vscode.TextEditorRevealType.InCenterIfOutsideViewport,
          );
        }
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

  #range([start, end]: readonly [number, number]): vscode.Range {
    const { document } = this.#editor;
    return new vscode.Range(document.positionAt(start), document.positionAt(end));
  }

  [Symbol.dispose](): void {
    for (const each of this.#subscriptions) each.dispose();
    for (const each of [this.#places, this.#active]) each.dispose();
    this.#pointed.dispose();
  }
}

const placeOf = (item: object | undefined): PlaceItem<unknown>['at'] =>
  (item as PlaceItem<unknown> | undefined)?.at;
