import { el } from './dom.ts';

export type Option<Value extends string> = { readonly value: Value; readonly label: string };

/** Radio buttons: one of a few. */
export class Chooser<Value extends string> {
  readonly element: HTMLElement;
  readonly #inputs = new Map<Value, HTMLInputElement>();

  constructor(
    name: string,
    label: string,
    options: readonly Option<Value>[],
    onChoice: (value: Value) => void,
  ) {
    const labels = options.map(({ value, label: text }) => {
      const input = el('input', { type: 'radio', name, value });
      input.addEventListener('change', () => {
        onChoice(value);
      });
      this.#inputs.set(value, input);
      return el('label', {}, input, text);
    });
    this.element = el('fieldset', { class: 'chooser' }, el('legend', {}, label), ...labels);
  }

  draw(chosen: Value): void {
    for (const [value, input] of this.#inputs) input.checked = value === chosen;
  }
}

/** One thing to be on or off. */
export class Toggle {
  readonly element: HTMLLabelElement;
  readonly #input = el('input', { type: 'checkbox' });

  constructor(name: string, label: string, onChange: (on: boolean) => void) {
    this.#input.name = name;
    this.#input.addEventListener('change', () => {
      onChange(this.#input.checked);
    });
    this.element = el('label', { class: 'toggle' }, this.#input, label);
  }

  draw(on: boolean): void {
    this.#input.checked = on;
  }
}

/** A button of the page. */
export function button(label: string, onClick: () => void, attributes = {}): HTMLButtonElement {
  const element = el('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', onClick);
  return element;
}
