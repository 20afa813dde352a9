import * as vscode from 'vscode';
import { BACK, question, type Answer, type Place } from './form.ts';
import { backButtons, makeQuickPick, separator, shownChoice, type Choice } from './window.ts';

export interface Item<T> extends Choice {
  readonly value: T;
  /** The title that it stands below, together with its neighbours of the same. */
  readonly group?: string;
}

/** An item as it is shown; a title has no value. */
export type Shown<T> = Choice & { readonly value?: T };

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
  /** The item that Enter takes at first; otherwise the first one. */
  readonly start?: Item<T> | undefined;
}

/**
 * A quick pick that also takes what is typed, as an item of its own. That item's label should not hold
 * the text, but its detail: VS Code puts the best match of the labels first, and a listed item that
 * matches shall come before.
 * @returns undefined when the person closed it.
 */
export const pickOrType = async <T>(
  items: readonly Item<T>[],
  options: Options<T>,
): Promise<T | undefined> =>
  (await question((place) => accepted(picker(items, options), place)))?.[0];

/** The same for several, which are ticked; where none is, Enter takes the one that it is at. */
export const pickSeveralOrType = <T>(
  items: readonly Item<T>[],
  options: Options<T>,
): Promise<T[] | undefined> =>
  question((place) => {
    const pick = picker(items, options);
    pick.canSelectMany = true;
    return accepted(pick, place);
  });

interface PickOptions {
  readonly title?: string;
  readonly placeHolder: string;
}

/** One of the items, as they are. */
export const pickOne = <T extends Choice>(
  items: readonly T[],
  { title = '', placeHolder: placeholder }: PickOptions,
): Promise<T | undefined> =>
  pickOrType(
    items.map((value) => ({ ...value, value })),
    { title, placeholder },
  );

/** At least one of the items; those that are `picked` are ticked at first. */
export const pickMany = <T extends Choice>(
  items: readonly T[],
  { title = '', placeHolder: placeholder }: PickOptions,
): Promise<T[] | undefined> =>
  question((place) => {
    const own = items.map((value) => ({ ...value, value }));
    const pick = picker(own, { title, placeholder });
    pick.canSelectMany = true;
    pick.selectedItems = pick.items.filter(({ picked }) => picked === true);
    return accepted(pick, place, { fallsBack: false });
  });

/**
 * One of the items, as an answer of `question`.
 * @param follow is given the quick pick before it shows; its event chooses an item elsewhere.
 */
export const pickWith = async <T>(
  items: readonly Item<T>[],
  options: Options<T>,
  place: Place,
  follow: (pick: vscode.QuickPick<Shown<T>>) => vscode.Event<Shown<T>>,
): Promise<Answer<T> | typeof BACK | undefined> => {
  const pick = picker(items, options);
  const answer = await accepted(pick, place, { pointed: follow(pick) });
  if (answer === undefined || answer === BACK) return answer;
  const [value] = answer.value;
  return value === undefined ? undefined : { ...answer, value };
};

function picker<T>(
  items: readonly Item<T>[],
  { title, placeholder, typed, start }: Options<T>,
): vscode.QuickPick<Shown<T>> {
  const pick = makeQuickPick<Shown<T>>(title, placeholder);
  const shown = withTitles(items);
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = shown;
  if (start !== undefined)
    pick.activeItems = shown.filter(({ value }) => value === start.value).slice(0, 1);
  if (typed === undefined) return pick;
  pick.onDidChangeValue((text) => {
    const own = text.trim();
    const ticked = pick.canSelectMany ? pick.selectedItems : [];
    const known = [...shown, ...ticked.filter((one) => !shown.includes(one))];
    const extra = own === '' || items.some(({ label }) => label === own) ? undefined : typed(own);
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

/**
 * @param fallsBack whether Enter takes the active item where none is ticked.
 * @param pointed an item that is chosen elsewhere.
 */
function accepted<T>(
  pick: vscode.QuickPick<Shown<T>>,
  place: Place,
  { fallsBack = true, pointed }: { fallsBack?: boolean; pointed?: vscode.Event<Shown<T>> } = {},
): Promise<Answer<T[]> | typeof BACK | undefined> {
  pick.buttons = backButtons(place);
  const again = pick.items.filter(({ label }) => place.before.includes(label));
  if (again.length > 0) {
    if (pick.canSelectMany) pick.selectedItems = again;
    else pick.activeItems = again;
  }
  const chosen = (): readonly Shown<T>[] => {
    // A click selects without making active.
    if (pick.selectedItems.length > 0) return pick.selectedItems;
    return fallsBack ? pick.activeItems.slice(0, 1) : [];
  };
  return new Promise((resolve) => {
    pick.onDidTriggerButton(() => {
      resolve(BACK);
      pick.hide();
    });
    const take = (items: readonly Shown<T>[]) => {
      const all = items.filter(({ value }) => value !== undefined);
      const values = all.flatMap(({ value }) => (value === undefined ? [] : [value]));
      if (values.length === 0) return;
      resolve({ value: values, shown: all.map(({ label }) => label) });
      pick.hide();
    };
    pick.onDidAccept(() => {
      take(chosen());
    });
    const elsewhere = pointed?.((item) => {
      take([item]);
    });
    pick.onDidHide(() => {
      resolve(undefined);
      elsewhere?.dispose();
      pick.dispose();
    });
    pick.show();
  });
}
