import * as l10n from '@vscode/l10n';
import type { CanaryView } from '../src/results/canary/view.ts';
import type { FromLivePage } from '../src/bypass/live/protocol.ts';
import { CanaryChart } from './canaryChart.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';
import { drawSwatch, lookOf } from './seriesStyle.ts';
import type { Theme } from './theme.ts';

/** A canary of the bypass: how its connections compare with the rest, as it goes and when it has ended. */
export class LiveCanary {
  readonly #state = el('span', { id: 'canary-state' });
  readonly #bar = el('progress', { 'aria-labelledby': 'canary-title', max: 1, value: 0 });
  readonly #outcome = el('strong', { id: 'canary-outcome', role: 'status' });
  readonly #alarm = el('p', { id: 'canary-alarm', class: 'message', role: 'alert', hidden: true });
  readonly #begin: HTMLButtonElement;
  readonly #end: HTMLButtonElement;
  readonly #canvas = el('canvas', {
    id: 'canary-chart',
    role: 'img',
    tabindex: 0,
    'aria-labelledby': 'canary-caption',
    'aria-describedby': 'canary-help',
  });
  readonly #spoken = el('output', { class: 'hidden' });
  readonly #chart = new CanaryChart(this.#canvas, (words) => {
    this.#spoken.textContent = words;
  });
  readonly #swatches = { bypass: swatch(), tcp: swatch() };
  readonly #ratios = el('div', { class: 'scroll' });
  readonly #counts = el('div', { class: 'scroll' });
  readonly #facts = el('dl', { class: 'facts' });
  readonly #figure: HTMLElement;
  readonly #body: HTMLElement;
  readonly element: HTMLElement;

  constructor(send: (message: FromLivePage) => void) {
    const does = (type: 'canary' | 'endCanary') => () => {
      send({ type });
    };
    this.#begin = button(l10n.t('Run a canary…'), does('canary'), { id: 'canary-begin' });
    this.#end = button(l10n.t('End the canary'), does('endCanary'), { id: 'canary-end' });
    this.#figure = el(
      'div',
      {},
      el('h3', { id: 'canary-caption' }, l10n.t('How long answers take')),
      el(
        'ul',
        { class: 'key' },
        el('li', {}, this.#swatches.bypass, el('span', {}, l10n.t('Bypass'))),
        el('li', {}, this.#swatches.tcp, el('span', {}, 'TCP')),
      ),
      el('div', { class: 'chart canary' }, this.#canvas),
      el('p', { class: 'hidden', id: 'canary-help' }, l10n.t('Arrow keys go from time to time.')),
      this.#spoken,
      el(
        'p',
        { class: 'note' },
        l10n.t('The fastest and the slowest 0.1% of answers are not drawn.'),
      ),
    );
    this.#body = el(
      'div',
      {},
      el('p', { class: 'state' }, this.#outcome, this.#bar, this.#state),
      this.#alarm,
      this.#facts,
      el(
        'div',
        { class: 'canary-columns' },
        this.#figure,
        el('div', {}, this.#ratios, this.#counts),
      ),
    );
    this.element = el(
      'section',
      { id: 'canary', 'aria-labelledby': 'canary-title' },
      el(
        'div',
        { class: 'bar' },
        el('h2', { id: 'canary-title' }, l10n.t('Canary')),
        this.#begin,
        this.#end,
      ),
      this.#body,
    );
  }

  /** @param mode of the programs, undefined where they have none: a canary takes guarded ones that are on. */
  draw(view: CanaryView | undefined, mode: string | undefined, theme: Theme): void {
    const isRunning = view?.isRunning === true;
    this.element.hidden = view === undefined && mode === undefined;
    this.#begin.hidden = isRunning;
    this.#begin.disabled = mode === undefined || mode === 'off';
    this.#end.hidden = !isRunning;
    this.#body.hidden = view === undefined;
    if (view === undefined) return;
    setText(this.#state, view.state);
    this.#bar.hidden = !isRunning;
    this.#bar.value = view.seconds / view.of;
    setText(this.#outcome, view.outcome ?? '');
    this.#outcome.hidden = view.outcome === undefined;
    setText(this.#alarm, view.alarm ?? '');
    this.#alarm.hidden = view.alarm === undefined;
    this.#facts.replaceChildren(
      ...view.facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
    );
    this.#figure.hidden = view.steps.length === 0;
    this.#drawTables(view);
    if (view.steps.length === 0) return;
    for (const [index, arm] of (['bypass', 'tcp'] as const).entries())
      drawSwatch(this.#swatches[arm], theme.background, {
        arm,
        colour: theme.arms[arm],
        plain: true,
        look: lookOf({ variant: index, run: 0 }, 2),
      });
    this.#chart.draw(view.steps, theme);
  }

  #drawTables({ ratios, counts }: CanaryView): void {
    const [bypass, tcp] = [l10n.t('Bypass'), 'TCP'];
    this.#ratios.replaceChildren(
      ...(ratios.length === 0
        ? []
        : [
            table(
              'canary-ratios',
              l10n.t('Answer times, and their ratio (always-valid 95% CI)'),
              ['', bypass, tcp, l10n.t('Ratio'), l10n.t('Verdict')],
              ratios,
            ),
          ]),
    );
    this.#counts.replaceChildren(
      ...(counts.length === 0
        ? []
        : [table('canary-counts', l10n.t('What was counted'), ['', bypass, tcp], counts)]),
    );
  }
}

const swatch = () => el('canvas', { 'aria-hidden': 'true' });

const table = (
  id: string,
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement =>
  el(
    'table',
    { id },
    el('caption', {}, caption),
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...titles.map((title) => (title === '' ? el('td') : el('th', { scope: 'col' }, title))),
      ),
    ),
    el(
      'tbody',
      {},
      ...rows.map(([name = '', ...cells]) =>
        el('tr', {}, el('th', { scope: 'row' }, name), ...cells.map((text) => el('td', {}, text))),
      ),
    ),
  );

/** Only where it changes: a screen reader announces what is set. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
