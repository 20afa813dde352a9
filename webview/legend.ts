import type { Arm } from '../src/bench/document.ts';
import { ARM_LABELS } from '../src/bench/summary.ts';
import { el } from './dom.ts';
import { drawSwatch } from './looks.ts';
import type { Theme } from './theme.ts';

type Kind = 'bar' | 'line';

/** One toggle for each arm; chart.js's own legend is a picture that no keyboard reaches. */
export class Legend {
  readonly element = el('div', { class: 'legend', role: 'group', 'aria-label': 'Shown in charts' });
  readonly #buttons = new Map<Arm, HTMLButtonElement>();
  readonly #onToggle: (arm: Arm) => void;

  constructor(onToggle: (arm: Arm) => void) {
    this.#onToggle = onToggle;
  }

  /** Buttons of arms that stay are kept, and with them the keyboard's focus. */
  draw(arms: readonly Arm[], kinds: readonly Kind[], theme: Theme, hidden: ReadonlySet<Arm>): void {
    for (const [arm, button] of this.#buttons) {
      if (arms.includes(arm)) continue;
      button.remove();
      this.#buttons.delete(arm);
    }
    for (const [place, arm] of arms.entries()) {
      const button = this.#buttons.get(arm) ?? this.#add(arm);
      if (this.element.children[place] !== button) {
        this.element.insertBefore(button, this.element.children[place] ?? null);
      }
      button.setAttribute('aria-pressed', String(!hidden.has(arm)));
      const swatches = kinds.map((kind) => {
        const canvas = el('canvas', { 'aria-hidden': 'true' });
        drawSwatch(canvas, arm, theme.arms[arm], kind);
        return canvas;
      });
      button.replaceChildren(...swatches, el('span', {}, ARM_LABELS[arm]));
    }
  }

  #add(arm: Arm): HTMLButtonElement {
    const button = el('button', { type: 'button', 'data-arm': arm });
    button.addEventListener('click', () => {
      this.#onToggle(arm);
    });
    this.#buttons.set(arm, button);
    return button;
  }
}
