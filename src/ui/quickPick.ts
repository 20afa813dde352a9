import { makeQuickPick, shownChoice, type Choice } from './window.ts';

export interface Item<T> extends Choice {
  readonly value: T;
}

/**
 * A quick pick that also takes what is typed, as an item of its own. That item's label should not hold
 * the text, but its detail: VS Code puts the best match of the labels first, and a listed item that
 * matches shall come before.
 * @returns undefined when the person closed it.
 */
export function pickOrType<T>(
  items: readonly Item<T>[],
  options: { title: string; placeholder: string; typed?: (text: string) => Item<T> },
): Promise<T | undefined> {
  const pick = makeQuickPick<Item<T>>(options.title, options.placeholder);
  const shown = items.map(shownChoice);
  pick.matchOnDescription = true;
  pick.ignoreFocusOut = true;
  pick.items = shown;
  return new Promise((resolve) => {
    pick.onDidChangeValue((text) => {
      const own = text.trim();
      const extra =
        own === '' || items.some(({ label }) => label === own) ? undefined : options.typed?.(own);
      pick.items =
        extra === undefined ? shown : [...shown, shownChoice({ ...extra, alwaysShow: true })];
    });
    pick.onDidAccept(() => {
      // A click selects without making active.
      const [chosen] = [...pick.selectedItems, ...pick.activeItems];
      if (chosen === undefined) return;
      resolve(chosen.value);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
