import * as vscode from 'vscode';
import { makeQuickPick, separator, shownChoice, type Choice } from './window.ts';

export interface Item<T> extends Choice {
  readonly value: T;
  /** The title that it stands below, together with its neighbours of the same. */
  readonly group?: string;
}

/** An item as it is shown; a title has no value. */
type Shown<T> = Choice & { readonly value?: T };

/** The one that the settings name comes first, so that Enter takes it. */
export function offeredFirst<T>(
  items: readonly Item<T>[],
  isIt: (item: Item<T>) => boolean,
): Item<T>[] {
  const found = items.find(isIt);
  if (found === undefined) return [...items];
  const { group: _group, description = '', ...first } = found;
  const from = vscode.l10n.t('from your settings');
  return [
    { ...first, description: description === '' ? from : `${from} · ${description}` },
    ...items.filter((one) => one !== found),
  ];
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
  return chosen?.[0];
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
  return chosen;
}

function picker<T>(
  items: readonly Item<T>[],
  { title, placeholder, typed }: Options<T>,
): vscode.QuickPick<Shown<T>> {
  const pick = makeQuickPick<Shown<T>>(title, placeholder);
  const shown = withTitles(items);
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

const withTitles = <T>(items: readonly Item<T>[]): Shown<T>[] =>
  items.flatMap((item, index): Shown<T>[] => {
    const { group } = item;
    const isFirst = group !== undefined && group !== items[index - 1]?.group;
    return [...(isFirst ? [separator(group)] : []), shownChoice(item)];
  });

function accepted<T>(
  pick: vscode.QuickPick<Shown<T>>,
  chosen: () => readonly Shown<T>[],
): Promise<T[] | undefined> {
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const all = chosen().flatMap(({ value }) => (value === undefined ? [] : [value]));
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
