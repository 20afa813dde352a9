import * as l10n from '@vscode/l10n';
import { ARM_LABELS } from '../src/results/arms.ts';
import type { FleetPlace } from '../src/results/fleet/fleet.ts';
import {
  fleetMethod,
  fleetPlaceText,
  fleetSummaryText,
  fleetVerdict,
  heterogeneityText,
  ratioText,
} from '../src/results/words/fleetLines.ts';
import { el } from './dom.ts';
import { FleetChart } from './fleetChart.ts';
import type { Theme } from './theme.ts';

/** Hosts compared at one size: a chart, the same as a table, and what they come to in words. */
export class FleetForest {
  readonly #choice = el('select', { id: 'place' });
  readonly #said = el('div', { class: 'findings', id: 'summary' });
  readonly #chart: FleetChart;
  readonly #box: HTMLElement;
  readonly #table = el('div', {
    class: 'scroll',
    tabindex: 0,
    role: 'region',
    'aria-label': l10n.t('Numbers of the chart'),
  });
  // The host that the arrow keys have come to, for screen readers.
  readonly #spoken = el('output', { class: 'hidden', id: 'spoken' });
  readonly element: HTMLElement;
  #keys = '';

  constructor(onPlace: (key: string) => void) {
    const canvas = el('canvas', {
      id: 'chart',
      role: 'img',
      tabindex: 0,
      'aria-labelledby': 'forest-title',
      'aria-describedby': 'chart-help',
    });
    this.#chart = new FleetChart(canvas, (words) => {
      this.#spoken.textContent = words;
    });
    this.#choice.addEventListener('change', () => {
      onPlace(this.#choice.value);
    });
    this.#box = el('div', { class: 'chart forest' }, canvas);
    this.element = el(
      'section',
      { 'aria-labelledby': 'forest-title', hidden: true },
      el(
        'div',
        { class: 'bar' },
        el('h2', { id: 'forest-title' }, l10n.t('What the bypass gains')),
        el('label', { class: 'which' }, l10n.t('Measured'), this.#choice),
      ),
      this.#said,
      this.#box,
      this.#spoken,
      el('p', { class: 'hidden', id: 'chart-help' }, l10n.t('Arrow keys go from host to host.')),
      this.#table,
      el('p', { class: 'note' }, fleetMethod()),
    );
  }

  /** @param chosen a key of one; the first place where there is none such. */
  draw(places: readonly FleetPlace[], chosen: string | undefined, theme: Theme): void {
    const place = places.find(({ key }) => key === chosen) ?? places[0];
    if (place === undefined) return;
    this.#drawChoice(places, place);
    const { summary } = place;
    this.#said.replaceChildren(
      el('p', {}, el('strong', {}, fleetSummaryText(place))),
      ...(summary ? [el('p', {}, heterogeneityText(summary))] : []),
    );
    this.#box.style.height = `${this.#chart.heightOf(place)}px`;
    this.#chart.draw(place, theme);
    this.#table.replaceChildren(numbers(place));
  }

  #drawChoice(places: readonly FleetPlace[], { key: chosen }: FleetPlace): void {
    const keys = JSON.stringify(places.map(({ key, hosts }) => [key, hosts.length]));
    if (keys !== this.#keys) {
      this.#keys = keys;
      this.#choice.replaceChildren(
        ...places.map((one) => {
          const { length } = one.hosts;
          const text = fleetPlaceText(one);
          const words =
            length === 1 ? l10n.t('{0} (1 host)', text) : l10n.t('{0} ({1} hosts)', text, length);
          return el('option', { value: one.key }, words);
        }),
      );
    }
    this.#choice.value = chosen;
  }
}

function numbers(place: FleetPlace): HTMLElement {
  const { hosts, summary } = place;
  const columns = [
    l10n.t('Host'),
    l10n.t('Ratio to TCP (95% CI)'),
    l10n.t('Against'),
    l10n.t('Verdict'),
  ];
  const row = (...[name = '', ...cells]: readonly string[]) =>
    el('tr', {}, el('th', { scope: 'row' }, name), ...cells.map((cell) => el('td', {}, cell)));
  return el(
    'table',
    { id: 'numbers' },
    el('caption', {}, fleetPlaceText(place)),
    el('thead', {}, el('tr', {}, ...columns.map((each) => el('th', { scope: 'col' }, each)))),
    el(
      'tbody',
      {},
      ...hosts.map(({ host, ratio, against, verdict }) =>
        row(host, ratioText(ratio), ARM_LABELS[against], fleetVerdict(verdict)),
      ),
    ),
    summary &&
      el(
        'tfoot',
        {},
        row(
          l10n.t('Fleet, {0} hosts', summary.hosts),
          ratioText(summary),
          '',
          fleetVerdict(summary.verdict),
        ),
      ),
  );
}
