import type { Arm } from '../src/results/document.ts';
import type { Figure } from '../src/results/figure.ts';
import { doubtsText } from '../src/results/words/pointTexts.ts';
import { ARM_LABELS, ARM_ORDER } from '../src/results/arms.ts';
import { el } from './dom.ts';
import { drawSwatch, isHollow, MOST_VARIANTS, type Swatch } from './seriesStyle.ts';
import type { Theme } from './theme.ts';

/**
 * A toggle for each arm, and a key to the kinds of lines where an arm has several; chart.js's own
 * legend is a picture that no keyboard reaches.
 */
export class Legend {
  readonly #toggles = el('div', { class: 'legend', role: 'group', 'aria-label': 'Variants shown' });
  readonly #key = el('ul', { class: 'key', 'aria-label': 'Kinds of lines' });
  readonly element = el('div', { class: 'legends' }, this.#toggles, this.#key);
  readonly #buttons = new Map<Arm, HTMLButtonElement>();
  readonly #onToggle: (arm: Arm) => void;

  constructor(onToggle: (arm: Arm) => void) {
    this.#onToggle = onToggle;
  }

  /** Buttons of arms that stay are kept, and with them the keyboard's focus. */
  draw(figure: Figure, theme: Theme, hidden: ReadonlySet<Arm>): void {
    const { id, series } = figure;
    const arms = ARM_ORDER.filter((arm) => series.some((each) => each.arm === arm));
    for (const [arm, button] of this.#buttons) {
      if (arms.includes(arm)) continue;
      button.remove();
      this.#buttons.delete(arm);
    }
    for (const [place, arm] of arms.entries()) {
      const button = this.#buttons.get(arm) ?? this.#add(arm);
      if (this.#toggles.children[place] !== button) {
        this.#toggles.insertBefore(button, this.#toggles.children[place] ?? null);
      }
      button.setAttribute('aria-pressed', String(!hidden.has(arm)));
      const picture = swatch(theme, { arm, variant: 0, colour: theme.arms[arm] });
      button.replaceChildren(picture, el('span', {}, ARM_LABELS[arm]));
    }
    const variants = new Map(series.map((each) => [each.variant, each.variantLabel]));
    const runs = new Map(series.map((each) => [each.run, each.runLabel]));
    const colour = theme.foreground;
    // In the overview a hollow marker says something else.
    const overview = id === 'overview';
    const doubts = doubtsText(figure);
    const kinds: (readonly [Omit<Swatch, 'colour'>, string])[] = [
      ...(variants.size > 1 || overview
        ? [...variants].map(([variant, label]) => {
            const plain = overview || !isHollow(variant);
            return [{ variant, plain }, label] as const;
          })
        : []),
      ...(runs.size > 1
        ? [...runs].map(([run, label]) => [{ variant: 0, run }, label] as const)
        : []),
      ...(overview ? [[{ hollow: true }, 'hollow: no clear difference'] as const] : []),
      ...(doubts === '' ? [] : [[{ doubtful: true }, doubts] as const]),
    ];
    const alike = `Only ${MOST_VARIANTS} kinds look different: the chart’s values name the others.`;
    this.#key.hidden = kinds.length === 0;
    this.#key.replaceChildren(
      ...kinds.map(([look, label]) => el('li', {}, swatch(theme, { ...look, colour }), label)),
      ...(variants.size > MOST_VARIANTS ? [el('li', {}, alike)] : []),
    );
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

function swatch(theme: Theme, look: Swatch): HTMLCanvasElement {
  const canvas = el('canvas', { 'aria-hidden': 'true' });
  drawSwatch(canvas, theme.background, look);
  return canvas;
}
