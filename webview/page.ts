import { LATENCY_METRICS, METRIC_LABELS, type LatencyMetric } from '../src/results/quantities.ts';
import type { Arm } from '../src/results/document.ts';
import type { Figure } from '../src/results/figure.ts';
import type { TextExport } from '../src/results/protocol.ts';
import type { Axes, ScaleKind } from './axes.ts';
import { FigureChart, type View } from './chart.ts';
import { button, Chooser, Toggle, type Option } from './chooser.ts';
import { el } from './dom.ts';
import { Legend } from './legend.ts';
import { tableElement } from './tableElement.ts';

/** A reader's requests to a page. */
export type PageEvents = {
  onArm(arm: Arm): void;
  onMetric(metric: LatencyMetric): void;
  onAxes(axes: Axes): void;
  onRaw(raw: boolean): void;
  onPicture(format: 'png' | 'svg'): void;
  onText(what: TextExport): void;
};

const SCALES: readonly Option<ScaleKind>[] = [
  { value: 'logarithmic', label: 'log' },
  { value: 'linear', label: 'linear' },
];
const METRICS = LATENCY_METRICS.map((value) => ({ value, label: METRIC_LABELS[value] }));

/** One figure: title, what it shows in words, its controls, the chart, and the same as a table. */
export class FigurePage {
  readonly #title = el('h2', { id: 'figure-title' });
  readonly #findings = el('div', { class: 'findings', id: 'findings' });
  readonly #metric: Chooser<LatencyMetric>;
  readonly #x: Chooser<ScaleKind>;
  readonly #y: Chooser<ScaleKind>;
  readonly #raw: Toggle;
  readonly #legend: Legend;
  readonly #chart: FigureChart;
  // The point that the arrow keys have come to, for screen readers.
  readonly #spoken = el('output', { class: 'hidden', id: 'place' });
  readonly #table = el('div', { class: 'scroll', tabindex: 0, role: 'region' });
  readonly #measured: HTMLElement;
  readonly element: HTMLElement;
  #axes: Axes = { x: 'logarithmic', y: 'linear' };

  constructor(id: string, events: PageEvents) {
    this.#metric = new Chooser('metric', 'Latency', METRICS, (metric) => {
      events.onMetric(metric);
    });
    this.#x = new Chooser('x-axis', 'Sizes', SCALES, (x) => {
      events.onAxes({ ...this.#axes, x });
    });
    this.#y = new Chooser('y-axis', 'Values', SCALES, (y) => {
      events.onAxes({ ...this.#axes, y });
    });
    this.#raw = new Toggle('raw', 'Each sample', (on) => {
      events.onRaw(on);
    });
    this.#legend = new Legend((arm) => {
      events.onArm(arm);
    });
    const canvas = el('canvas', {
      id: 'chart',
      role: 'img',
      tabindex: 0,
      'aria-labelledby': 'figure-title',
      'aria-describedby': 'findings chart-help',
    });
    this.#chart = new FigureChart(canvas, (words) => {
      this.#spoken.textContent = words;
    });
    const exports = el(
      'div',
      { class: 'exports', role: 'group', 'aria-label': 'Export' },
      el('span', { 'aria-hidden': 'true' }, 'Export'),
      button(
        'PNG',
        () => {
          events.onPicture('png');
        },
        { 'aria-label': 'Export chart as PNG' },
      ),
      button(
        'SVG',
        () => {
          events.onPicture('svg');
        },
        { 'aria-label': 'Export chart as SVG' },
      ),
      button(
        'CSV',
        () => {
          events.onText('figure');
        },
        { 'aria-label': 'Export this figure as CSV' },
      ),
      button(
        'All samples',
        () => {
          events.onText('samples');
        },
        { 'aria-label': 'Export all samples as CSV' },
      ),
      button(
        'Report',
        () => {
          events.onText('report');
        },
        { 'aria-label': 'Export a Markdown report of all figures' },
      ),
    );
    this.#measured = el(
      'div',
      {},
      el(
        'div',
        { class: 'bar' },
        this.#legend.element,
        el(
          'div',
          { class: 'controls' },
          this.#metric.element,
          this.#x.element,
          this.#y.element,
          this.#raw.element,
        ),
      ),
      el('div', { class: 'chart' }, canvas),
      el(
        'p',
        { class: 'hidden', id: 'chart-help' },
        'Arrow keys go from size to size. The table below has the same values.',
      ),
      this.#spoken,
      exports,
      this.#table,
    );
    this.element = el(
      'section',
      { id, role: 'tabpanel', tabindex: 0 },
      this.#title,
      this.#findings,
      this.#measured,
    );
  }

  draw(view: View, findings: readonly string[], metric: LatencyMetric): void {
    const { figure, axes, hidden, raw, theme } = view;
    this.#axes = axes;
    this.element.setAttribute('aria-labelledby', `tab-${figure.id}`);
    this.#title.textContent = titleOf(figure);
    setTexts(this.#findings, findings);
    this.#measured.hidden = figure.absent;
    if (figure.absent) return;
    this.#metric.element.hidden = figure.id !== 'fig4';
    this.#metric.draw(metric);
    this.#x.draw(axes.x);
    this.#y.draw(axes.y);
    this.#raw.draw(raw);
    this.#legend.draw(figure, theme, hidden);
    this.#chart.draw(view);
    this.#table.setAttribute('aria-label', `Numbers of ${figure.name}`);
    this.#table.replaceChildren(tableElement(figure));
  }

  drawn(): unknown {
    return this.#measured.hidden ? {} : this.#chart.drawn();
  }
}

const titleOf = ({ id, name, title }: Figure): string =>
  id === 'overview' ? title : `${name}: ${title}`;

/** A paragraph each; left alone when they are the same, so that a selection stays. */
function setTexts(element: HTMLElement, texts: readonly string[]): void {
  const now = Array.from(element.children, (child) => child.textContent);
  if (now.length === texts.length && texts.every((text, index) => text === now[index])) return;
  element.replaceChildren(...texts.map((text) => el('p', {}, text)));
}
