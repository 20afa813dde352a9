import * as l10n from '@vscode/l10n';
import type { Arm } from '../src/results/document.ts';
import { showsRatios, type Figure } from '../src/results/figure.ts';
import { doubtsText, gapsText } from '../src/results/words/pointTexts.ts';
import { ARM_LABELS, ARM_ORDER } from '../src/results/arms.ts';
import { el } from './dom.ts';
import { letterOf } from './runLetters.ts';
import { drawSwatch, lookOf, MOST_VARIANTS, variantsOf, type Swatch } from './seriesStyle.ts';
import type { Theme } from './theme.ts';

/**
 * A toggle for each arm, and a key to the kinds of lines where an arm has several; chart.js's own
 * legend is a picture that no keyboard reaches.
 */
export class Legend {
  readonly #toggles = el('div', {
    class: 'legend',
    role: 'group',
    'aria-label': l10n.t('Variants shown'),
  });
  readonly #key = el('ul', { class: 'key', 'aria-label': l10n.t('Kinds of lines') });
  readonly element = el('div', { class: 'legends' }, this.#toggles, this.#key);
  readonly #buttons = new Map<Arm, HTMLButtonElement>();
  readonly #onToggle: (arm: Arm) => void;

  constructor(onToggle: (arm: Arm) => void) {
    this.#onToggle = onToggle;
  }

  /** Buttons of arms that stay are kept, and with them the keyboard's focus. */
  draw(figure: Figure, theme: Theme, hidden: ReadonlySet<Arm>): void {
    const { series } = figure;
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
      const look = lookOf({ variant: 0, run: 0 }, 1);
      const picture = swatch(theme, { arm, look, colour: theme.arms[arm] });
      button.replaceChildren(picture, el('span', {}, ARM_LABELS[arm]));
    }
    const variants = new Map(series.map((each) => [each.variant, each.variantLabel]));
    const runs = new Map(series.map((each) => [each.run, each.runLabel]));
    const colour = theme.foreground;
    // Among ratios a hollow marker says something else.
    const overview = showsRatios(figure);
    const doubts = doubtsText(figure);
    const kinds: (readonly [Omit<Swatch, 'colour'>, string])[] = [
      ...(variants.size > 1 || (overview && variants.get(0) !== '')
        ? [...variants].map(([variant, label]) => {
            const look = lookOf({ variant, run: 0 }, Math.max(variants.size, 2));
            return [{ look, plain: overview || !look.hollow }, label] as const;
          })
        : []),
      ...(runs.size > 1
        ? [...runs].map(([run, label]) => {
            const look = lookOf({ variant: 0, run }, variantsOf(figure));
            const kind = { look, ...(overview && { hollow: false }) };
            return [kind, `${letterOf(run)}: ${label}`] as const;
          })
        : []),
      ...(overview ? [[{ hollow: true }, l10n.t('hollow: no clear difference')] as const] : []),
      ...(doubts === ''
        ? []
        : [[{ doubtful: true }, l10n.t('{0}: not compared', doubts)] as const]),
    ];
    const alike = l10n.t(
      'Only {0} kinds look different: the chart’s values name the others.',
      MOST_VARIANTS,
    );
    const gaps = overview && series.some(({ breaks }) => breaks.length > 0) ? gapsText() : '';
    this.#key.hidden = kinds.length === 0;
    this.#key.replaceChildren(
      ...kinds.map(([kind, label]) => el('li', {}, swatch(theme, { ...kind, colour }), label)),
      ...[variants.size > MOST_VARIANTS ? alike : '', gaps]
        .filter((words) => words !== '')
        .map((words) => el('li', {}, words)),
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
