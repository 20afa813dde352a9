import * as l10n from '@vscode/l10n';
import type { Controls, FromLivePage, Option } from '../src/bypass/live/protocol.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';

/**
 * Controls of the programs: mode, reach and limits. Buttons, not radio buttons: those act as the arrow keys
 * pass over them.
 */
export class LiveControls {
  readonly #send: (message: FromLivePage) => void;
  readonly #mode: Choices;
  readonly #reach: Choices;
  readonly #bound = numberInput('queue-bound', 'any');
  readonly #limit = numberInput('one-way-limit', '1');
  readonly #share = numberInput('share', '1');
  readonly #apply = el('button', { type: 'submit', id: 'apply' }, l10n.t('Apply'));
  readonly #limits: HTMLFormElement;
  #drawn: Controls | undefined;
  readonly element: HTMLElement;

  constructor(send: (message: FromLivePage) => void) {
    this.#send = send;
    this.#mode = new Choices('mode', l10n.t('Mode'), (mode) => {
      send({ type: 'mode', mode });
    });
    this.#reach = new Choices('reach', l10n.t('Reach'), (reach) => {
      send({ type: 'reach', reach });
    });
    this.#limits = el(
      'form',
      { class: 'limits' },
      el('label', {}, l10n.t('Queue bound (MiB)'), this.#bound),
      el('label', {}, l10n.t('One-way limit (messages)'), this.#limit),
      el('label', {}, l10n.t('Share of new connections (%)'), this.#share),
      this.#apply,
    );
    this.#limits.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#onLimits();
    });
    for (const input of [this.#bound, this.#limit, this.#share]) {
      input.addEventListener('input', () => {
        this.#mark(false);
      });
    }
    this.element = el(
      'section',
      { class: 'settings', 'aria-labelledby': 'settings-title' },
      el('h2', { id: 'settings-title' }, l10n.t('Policy')),
      this.#mode.element,
      this.#reach.element,
      el('fieldset', { class: 'group' }, el('legend', {}, l10n.t('Limits')), this.#limits),
    );
  }

  draw(controls: Controls | undefined, busy: boolean): void {
    this.element.hidden = !controls;
    if (!controls) return;
    this.#mode.draw(controls.modes, controls.mode, busy);
    this.#reach.draw(controls.reaches, controls.reach, busy);
    const before = this.#drawn;
    this.#drawn = controls;
    const set = (input: HTMLInputElement, key: 'queueBoundMiB' | 'oneWayLimit' | 'share') => {
      const [least, most] = controls.ranges[key];
      input.min = String(least);
      input.max = String(most);
      // A field that a person is typing in stays.
      if (before?.[key] !== controls[key]) input.value = String(controls[key]);
    };
    set(this.#bound, 'queueBoundMiB');
    set(this.#limit, 'oneWayLimit');
    set(this.#share, 'share');
    this.#mark(busy);
  }

  /** There is nothing to apply where the programs have these limits. */
  #mark(busy: boolean): void {
    const isSame =
      this.#bound.valueAsNumber === this.#drawn?.queueBoundMiB &&
      this.#limit.valueAsNumber === this.#drawn.oneWayLimit &&
      this.#share.valueAsNumber === this.#drawn.share;
    this.#apply.disabled = busy || isSame;
  }

  #onLimits(): void {
    if (!this.#limits.reportValidity()) return;
    this.#send({
      type: 'limits',
      queueBoundMiB: this.#bound.valueAsNumber,
      oneWayLimit: this.#limit.valueAsNumber,
      share: this.#share.valueAsNumber,
    });
  }
}

const numberInput = (id: string, step: string): HTMLInputElement =>
  el('input', { id, type: 'number', step, required: true });

/** One of a few, of which one is on; what it means is said below. */
class Choices {
  readonly #name: string;
  readonly #onChoice: (value: string) => void;
  readonly #buttons = el('div', { class: 'choices' });
  readonly #detail: HTMLElement;
  readonly #known = new Map<string, HTMLButtonElement>();
  readonly element: HTMLElement;

  constructor(name: string, title: string, onChoice: (value: string) => void) {
    this.#name = name;
    this.#onChoice = onChoice;
    this.#detail = el('p', { class: 'detail', id: `${name}-detail` });
    this.element = el(
      'fieldset',
      { class: 'group' },
      el('legend', {}, title),
      this.#buttons,
      this.#detail,
    );
  }

  draw(options: readonly Option[], chosen: string, busy: boolean): void {
    for (const { value, label, detail } of options) {
      const known = this.#known.get(value) ?? this.#add(value, label, detail);
      known.setAttribute('aria-pressed', String(value === chosen));
      known.setAttribute('aria-disabled', String(busy));
    }
    this.#detail.textContent = options.find(({ value }) => value === chosen)?.detail ?? '';
  }

  #add(value: string, label: string, detail: string): HTMLButtonElement {
    const added = button(
      label,
      () => {
        const isOpen = added.getAttribute('aria-disabled') !== 'true';
        if (isOpen && added.getAttribute('aria-pressed') !== 'true') this.#onChoice(value);
      },
      { id: `${this.#name}-${value}`, title: detail },
    );
    this.#known.set(value, added);
    this.#buttons.append(added);
    return added;
  }
}
