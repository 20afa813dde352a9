import * as l10n from '@vscode/l10n';
import { el } from './dom.ts';

/** `detail`: small, behind the label. */
export type Tab<Id extends string> = {
  readonly id: Id;
  readonly label: string;
  readonly detail?: string;
};

/** The WAI-ARIA tabs pattern: one stop of the Tab key, arrow keys, Home and End choose at once. */
export class Tabs<Id extends string> {
  readonly element = el('div', { class: 'tabs', role: 'tablist', 'aria-label': l10n.t('Pages') });
  readonly #buttons = new Map<Id, HTMLButtonElement>();
  readonly #onChoice: (id: Id) => void;

  /** @param panel id of the element the tabs fill. */
  constructor(tabs: readonly Tab<Id>[], panel: string, onChoice: (id: Id) => void) {
    this.#onChoice = onChoice;
    for (const { id, label, detail } of tabs) {
      const attributes = { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': panel };
      const small = detail === undefined ? [] : [' ', el('small', {}, detail)];
      const button = el('button', attributes, label, ...small);
      button.addEventListener('click', () => {
        onChoice(id);
      });
      this.#buttons.set(id, button);
      this.element.append(button);
    }
    this.element.addEventListener('keydown', (event) => {
      this.#onKey(event);
    });
  }

  draw(chosen: Id): void {
    for (const [id, button] of this.#buttons) {
      if (id === chosen) button.hidden = false;
      button.setAttribute('aria-selected', String(id === chosen));
      button.tabIndex = id === chosen ? 0 : -1;
    }
  }

  /** @param present the pages that have something to show: only these, and the chosen one, have tabs. */
  show(present: ReadonlySet<Id>): void {
    for (const [id, button] of this.#buttons) button.hidden = !present.has(id);
  }

  #onKey(event: KeyboardEvent): void {
    const ids = [...this.#buttons].flatMap(([id, { hidden }]) => (hidden ? [] : [id]));
    const at = ids.findIndex((id) => this.#buttons.get(id)?.ariaSelected === 'true');
    const target = {
      ArrowRight: (at + 1) % ids.length,
      ArrowLeft: (at - 1 + ids.length) % ids.length,
      Home: 0,
      End: ids.length - 1,
    }[event.key];
    const id = target === undefined ? undefined : ids[target];
    if (id === undefined) return;
    event.preventDefault();
    this.#onChoice(id);
    this.#buttons.get(id)?.focus();
  }
}
