import * as l10n from '@vscode/l10n';
import type { FromLivePage, LiveView } from '../src/bypass/live/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';

/** Whose page it is, how fresh, and what is wrong. */
export class LiveHeader {
  readonly #title = el('h1');
  // Announced to a screen reader as it changes; the age is not.
  readonly #state = el('strong', { role: 'status', id: 'state' });
  readonly #age = el('span', { id: 'age' });
  readonly #facts = el('dl', { class: 'facts' });
  readonly #select = el('select', { id: 'which' });
  readonly #chooser = el('label', { class: 'which' }, l10n.t('Bypass'), this.#select);
  readonly #gone = el('p', { id: 'gone', class: 'message', role: 'status', hidden: true });
  readonly #keptOff = el('p', { id: 'kept-off', class: 'message', role: 'status', hidden: true });
  readonly #problemText = el('p');
  readonly #problem: HTMLElement;
  readonly element: HTMLElement;
  /** Shows an error where it is seen wherever the page is scrolled to. */
  readonly notices: HTMLElement;
  /** When the host was read, by the clock of the page. */
  #readAt: number | undefined;
  #isStale = false;

  constructor(send: (message: FromLivePage) => void) {
    this.#select.addEventListener('change', () => {
      send({ type: 'choose', id: this.#select.value });
    });
    this.#problem = el(
      'div',
      { id: 'problem', class: 'message', role: 'alert', hidden: true },
      this.#problemText,
      button(
        l10n.t('Retry'),
        () => {
          send({ type: 'retry' });
        },
        { id: 'retry', class: 'primary' },
      ),
    );
    this.notices = el('div', { class: 'notices' }, this.#problem, this.#gone, this.#keptOff);
    const report = button(
      l10n.t('Show as text'),
      () => {
        send({ type: 'report' });
      },
      { id: 'report' },
    );
    this.element = el(
      'header',
      {},
      this.#title,
      el('p', { class: 'state' }, this.#state, this.#age, report),
      this.#chooser,
      this.#facts,
    );
    window.setInterval(() => {
      this.#drawAge();
    }, 1000);
  }

  received({ ageMs }: LiveView): void {
    this.#readAt = ageMs === undefined ? undefined : performance.now() - ageMs;
  }

  draw({ host, bypasses, chosen, bypass, gone, keptOff, problem, busy }: LiveView): void {
    setText(this.#title, l10n.t('Bypass on {0}', host));
    const words = bypass === undefined ? '' : capital(bypass.state);
    const state = busy ? l10n.t('{0}, changing…', words) : words;
    setText(this.#state, state);
    this.#state.hidden = state === '';
    this.#state.dataset['on'] = String(bypass?.isOn ?? false);
    setText(this.#gone, gone ?? '');
    this.#gone.hidden = gone === undefined;
    const off = keptOff.map((one) => l10n.t('Kept across reboots, and not loaded: {0}.', one));
    setText(this.#keptOff, off.join(' '));
    this.#keptOff.hidden = off.length === 0;
    setText(this.#problemText, problem ?? '');
    this.#problem.hidden = problem === undefined;
    this.#isStale = problem !== undefined;
    this.#drawAge();
    this.#drawChoice(bypasses, chosen);
    this.#facts.hidden = bypass === undefined;
    const facts = [
      ...(bypass === undefined ? [] : [[l10n.t('Cgroup'), bypass.title] as const]),
      ...(bypass?.facts ?? []),
    ];
    this.#facts.replaceChildren(
      ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
    );
  }

  /** Left alone while it is the same: it may be open. */
  #drawChoice(bypasses: LiveView['bypasses'], chosen: string | undefined): void {
    this.#chooser.hidden = bypasses.length < 2 && (bypasses.length === 0 || chosen !== undefined);
    const key = JSON.stringify([bypasses, chosen === undefined]);
    if (this.#select.dataset['drawn'] !== key) {
      this.#select.dataset['drawn'] = key;
      const none =
        chosen === undefined ? [el('option', { value: '' }, l10n.t('Choose another'))] : [];
      this.#select.replaceChildren(
        ...none,
        ...bypasses.map(({ id, label }) => el('option', { value: id }, label)),
      );
    }
    this.#select.value = chosen ?? '';
  }

  #drawAge(): void {
    if (this.#readAt === undefined) {
      setText(this.#age, '');
      return;
    }
    const seconds = Math.max(0, Math.round((performance.now() - this.#readAt) / 1000));
    const text =
      seconds < 120 ? l10n.t('{0} s', seconds) : l10n.t('{0} min', Math.floor(seconds / 60));
    setText(
      this.#age,
      this.#isStale ? l10n.t('not updated for {0}', text) : l10n.t('updated {0} ago', text),
    );
    this.#age.dataset['stale'] = String(this.#isStale);
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Only where it changes: a screen reader announces what is set. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
