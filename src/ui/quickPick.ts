import type * as vscode from 'vscode';
import { makeQuickPick, shownChoice, type Choice } from './window.ts';

export interface Item<T> extends Choice {
  readonly value: T;
}

interface Options<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly typed?: (text: string) => Item<T>;
}

/**
 * A quick pick that also takes what is typed, as an item of its own. That item's label should not hold
 * the text, but its detail: VS Code puts the best match of the labels first, and a listed item that
 * matches shall come before.
 * @returns undefined when the person closed it.
 */
export async function pickOrType<T>(
  items: readonly Item<T>[],
  options: Options<T>,
): Promise<T | undefined> {
  const pick = picker(items, options);
  // A click selects without making active.
  const chosen = await accepted(pick, () => [...pick.selectedItems, ...pick.activeItems]);
  return chosen?.[0]?.value;
}

/** The same for several, which are ticked; where none is, Enter takes the one that it is at. */
export async function pickSeveralOrType<T>(
  items: readonly Item<T>[],
  options: Options<T>,
): Promise<T[] | undefined> {
  const pick = picker(items, options);
  pick.canSelectMany = true;
  const chosen = await accepted(pick, () =>
    pick.selectedItems.length > 0 ? pick.selectedItems : pick.activeItems.slice(0, 1),
  );
  return chosen?.map(({ value }) => value);
}

function picker<T>(
  items: readonly Item<T>[],
  { title, placeholder, typed }: Options<T>,
): vscode.QuickPick<Item<T>> {
  const pick = makeQuickPick<Item<T>>(title, placeholder);
  const shown = items.map(shownChoice);
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.ignoreFocusOut = true;
  pick.items = shown;
  pick.onDidChangeValue((text) => {
    const own = text.trim();
    const ticked = pick.canSelectMany ? pick.selectedItems : [];
    const known = [...shown, ...ticked.filter((one) => !shown.includes(one))];
    const extra = own === '' || items.some(({ label }) => label === own) ? undefined : typed?.(own);
    pick.items =
      extra === undefined ? known : [...known, shownChoice({ ...extra, alwaysShow: true })];
    if (pick.canSelectMany) pick.selectedItems = ticked;
  });
  return pick;
}

function accepted<T>(
  pick: vscode.QuickPick<Item<T>>,
  chosen: () => readonly Item<T>[],
): Promise<readonly Item<T>[] | undefined> {
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const all = chosen();
      if (all.length === 0) return;
      resolve(all);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
