import * as l10n from '@vscode/l10n';
import {
  LATENCY_METRICS,
  METRIC_LABELS,
  pageName,
  type LatencyMetric,
} from '../src/results/quantities.ts';
import type { Arm } from '../src/results/document.ts';
import type { Figure } from '../src/results/figure.ts';
import type { Axes, ScaleKind } from './axes.ts';
import { FigureChart, type View } from './chart.ts';
import { Chooser, Toggle, type Option } from './chooser.ts';
import { el } from './dom.ts';
import { Exports, type ExportEvents } from './exports.ts';
import { Legend } from './legend.ts';
import { tableElement } from './tableElement.ts';

/** A reader's requests to a page. */
export type PageEvents = ExportEvents & {
  onArm(arm: Arm): void;
  onMetric(metric: LatencyMetric): void;
  onAxes(axes: Axes): void;
  onRaw(raw: boolean): void;
};

/** A reader's choices that a page shows. */
type Shown = { readonly metric: LatencyMetric; readonly light: boolean };

const SCALES: readonly Option<ScaleKind>[] = [
  { value: 'logarithmic', label: 'log' },
  { value: 'linear', label: 'linear' },
];
const METRICS = LATENCY_METRICS.map((value) => ({ value, label: METRIC_LABELS[value] }));

/** One figure: the chart with its controls first, then what it shows in words, and the same as a table. */
export class FigurePage {
  readonly #title = el('h2', { id: 'figure-title' });
  readonly #number = el('small');
  readonly #findings = el('div', { class: 'findings', id: 'findings' });
  readonly #metric: Chooser<LatencyMetric>;
  readonly #x: Chooser<ScaleKind>;
  readonly #y: Chooser<ScaleKind>;
  readonly #raw: Toggle;
  readonly #legend: Legend;
  readonly #chart: FigureChart;
  readonly #exports: Exports;
  readonly #note = el('p', { class: 'note' });
  // The point that the arrow keys have come to, for screen readers.
  readonly #spoken = el('output', { class: 'hidden', id: 'place' });
  readonly #table = el('div', { class: 'scroll', tabindex: 0, role: 'region' });
  readonly #measured: HTMLElement;
  readonly #below: HTMLElement;
  readonly element: HTMLElement;
  #axes: Axes = { x: 'logarithmic', y: 'linear' };

  constructor(id: string, events: PageEvents) {
    this.#metric = new Chooser('metric', l10n.t('Latency'), METRICS, (metric) => {
      events.onMetric(metric);
    });
    this.#x = new Chooser('x-axis', l10n.t('Sizes'), SCALES, (x) => {
      events.onAxes({ ...this.#axes, x });
    });
    this.#y = new Chooser('y-axis', l10n.t('Values'), SCALES, (y) => {
      events.onAxes({ ...this.#axes, y });
    });
    this.#raw = new Toggle('raw', l10n.t('Each sample'), (on) => {
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
    this.#exports = new Exports(events);
    this.#measured = el(
      'div',
      { class: 'measured' },
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
        l10n.t('Arrow keys go from size to size. The table below has the same values.'),
      ),
      this.#spoken,
      this.#exports.element,
    );
    this.#below = el('div', {}, this.#table, this.#note);
    this.element = el(
      'section',
      { id, role: 'tabpanel', tabindex: 0 },
      el('div', { class: 'heading' }, this.#title, this.#number),
      this.#measured,
      this.#findings,
      this.#below,
    );
  }

  draw(view: View, findings: readonly string[], { metric, light }: Shown): void {
    const { figure, axes, hidden, raw, theme } = view;
    this.#axes = axes;
    this.element.setAttribute('aria-labelledby', `tab-${figure.id}`);
    if (this.#title.textContent !== figure.title) this.#exports.say('');
    this.#title.textContent = figure.title;
    this.#number.textContent = figure.id.startsWith('fig') ? figure.name : '';
    setTexts(this.#findings, findings);
    this.#measured.hidden = this.#below.hidden = figure.absent;
    if (figure.absent) return;
    this.#metric.element.hidden = figure.id !== 'fig4';
    this.#metric.draw(metric);
    this.#x.element.hidden = figure.names !== undefined;
    this.#x.draw(axes.x);
    this.#y.draw(axes.y);
    this.#raw.draw(raw);
    this.#legend.draw(figure, theme, hidden);
    this.#chart.draw(view);
    this.#exports.draw(light);
    this.#note.textContent = noteText(figure, metric);
    this.#table.setAttribute('aria-label', l10n.t('Numbers: {0}', pageName(figure.id)));
    this.#table.replaceChildren(tableElement(figure));
  }

  /** An outcome of what a reader asked of the chart, for screen readers as well. */
  say(words: string): void {
    this.#exports.say(words);
  }

  drawn(): unknown {
    return this.#measured.hidden ? {} : this.#chart.drawn();
  }
}

/** How the page is to be read, and why another one may say something else. */
function noteText({ id, quantity }: Figure, metric: LatencyMetric): string {
  const how = l10n.t(
    'Markers are medians of the samples, whiskers their 95% intervals (below six samples the lowest and the highest). A ratio is the geometric mean of the ratios within a round; its interval is Student’s t on their logarithms.',
  );
  switch (id) {
    case 'overview':
      return l10n.t(
        'Markers are ratios, whiskers their 95% intervals: a ratio is the geometric mean of the ratios within a round, its interval Student’s t on their logarithms. Round trips are compared by transaction rate, the inverse of the mean latency; percentiles, on the page Latency, may differ from it.',
      );
    case 'workloads':
      return l10n.t(
        'Markers are ratios of speed, whiskers their 95% intervals: a ratio is the geometric mean of the ratios within a round, its interval Student’s t on their logarithms. The speed of a metric of which less is better is its inverse. CPU time is that of client and server together, memory that of the server’s processes at their largest, what they share counted for each; bypassed is the redirected part of the bytes, those of other programs over TCP/IP among the rest.',
      );
    case 'distribution':
      return [
        how,
        l10n.t(
          'Percentiles are those that the client of a workload reports of each sample; the axis is logarithmic in the part that is slower, so each nine is as wide. A percentile with fewer than a hundred slower requests in a sample says little.',
        ),
      ].join(' ');
    case 'fig4': {
      const step = l10n.t(
        'Intervals of percentiles are widened by the step of netperf’s histogram; a pale box above a percentile is that step, where it matters: the value was somewhere within.',
      );
      const other =
        metric === 'mean'
          ? ''
          : l10n.t(
              'The overview compares transaction rates, the inverse of the mean latency: {0} may differ from it.',
              quantity,
            );
      return [how, step, other].filter((words) => words !== '').join(' ');
    }
    default:
      return how;
  }
}

/** A paragraph each; left alone when they are the same, so that a selection stays. */
function setTexts(element: HTMLElement, texts: readonly string[]): void {
  const now = Array.from(element.children, (child) => child.textContent);
  if (now.length === texts.length && texts.every((text, index) => text === now[index])) return;
  element.replaceChildren(...texts.map((text) => el('p', {}, text)));
}
