import type { Arm, ResultDocument } from '../src/bench/document.ts';
import {
  ARM_LABELS,
  LATENCY_METRICS,
  progressOf,
  sizesOf,
  summarize,
  type LatencyMetric,
  type Row,
  type Size,
} from '../src/bench/summary.ts';
import { isToPanel, type FromPanel, type ToPanel } from '../src/protocol.ts';
import { kindOf } from './chart.ts';
import { metricChooser } from './chooser.ts';
import { el } from './dom.ts';
import { latencyFigure, throughputFigure, type Figure } from './figure.ts';
import { Header } from './header.ts';
import { Legend } from './legend.ts';
import { FigureSection } from './section.ts';
import { latencyTable, throughputTable } from './table.ts';
import { onThemeChange, readTheme } from './theme.ts';

/** What the reader chose; VS Code keeps it while the panel is hidden, as the page itself is not. */
type Choices = { readonly hidden: readonly Arm[]; readonly metric: LatencyMetric };

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: Choices): void;
};

const RECHECK_MS = 15_000;

const vscode = acquireVsCodeApi();
let choices = restoreChoices(vscode.getState());
let shown: { message: ToPanel; sizes: Size[]; rows: Row[] } | undefined;
let recheck: number | undefined;

const header = new Header();
const legend = new Legend((arm) => {
  const hidden = new Set(choices.hidden);
  if (!hidden.delete(arm)) hidden.add(arm);
  choose({ ...choices, hidden: [...hidden] });
});
const chooser = metricChooser(choices.metric, (metric) => {
  choose({ ...choices, metric });
});
const throughput = new FigureSection('throughput');
const latency = new FigureSection('latency', chooser);
const empty = el('p', { id: 'empty' });
const figures = el('div', { class: 'figures' }, throughput.element, latency.element);
const note = el('p', { class: 'note' });
note.textContent =
  'Bars and markers are medians of the samples, whiskers the lowest and highest sample. ' +
  '× TCP is the geometric mean of the ratios within a round; its 95% interval is Student’s t on ' +
  'their logarithms, widened by the histogram step for percentiles.';
const tables = ['throughput', 'latency'].map((id) =>
  el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Numbers of ${id}` }),
);
const charts = el('div', { id: 'charts' }, legend.element, figures, note, ...tables);
const report = el('div', { id: 'report', hidden: true }, header.element, empty, charts);

const reason = el('pre', { id: 'reason', tabindex: 0 });
const invalidTitle = el('h1');
const openAsText = el('button', { type: 'button', class: 'primary' }, 'Open as text');
openAsText.addEventListener('click', () => {
  vscode.postMessage({ type: 'openAsText' });
});
const invalid = el(
  'div',
  { id: 'invalid', role: 'alert', hidden: true },
  invalidTitle,
  el('p', {}, 'This file cannot be shown as a benchmark:'),
  reason,
  openAsText,
);
document.querySelector('main')?.append(report, invalid);

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToPanel(data)) return;
  const result = data.type === 'document' ? data.document : undefined;
  shown = {
    message: data,
    sizes: result ? sizesOf(result) : [],
    rows: result ? summarize(result) : [],
  };
  render();
});
onThemeChange(render);
vscode.postMessage({ type: 'ready' });

function choose(next: Choices): void {
  choices = next;
  vscode.setState(choices);
  render();
}

function render(): void {
  window.clearTimeout(recheck);
  if (!shown) return;
  const { message } = shown;
  report.hidden = message.type !== 'document';
  invalid.hidden = message.type !== 'invalid';
  if (message.type === 'document') renderDocument(message.document, message.fileName, shown);
  else {
    invalidTitle.textContent = message.fileName;
    reason.textContent = message.reason;
    expose({});
  }
}

function renderDocument(
  result: ResultDocument,
  fileName: string,
  { sizes, rows }: { sizes: Size[]; rows: Row[] },
): void {
  const progress = progressOf(result, Date.now());
  header.draw(result, fileName, progress);
  // Nothing tells us that a run was cut off; only time does.
  if (progress.state === 'running') recheck = window.setTimeout(render, RECHECK_MS);

  empty.hidden = rows.length > 0;
  charts.hidden = rows.length === 0;
  empty.textContent =
    progress.state === 'running'
      ? 'No samples yet: the first one is being taken.'
      : 'The run ended before its first sample.';
  if (rows.length === 0) {
    expose({});
    return;
  }

  const theme = readTheme();
  const hidden = new Set(choices.hidden);
  const drawn: Record<string, unknown> = {};
  const present: Figure[] = [];
  for (const [section, figure, id] of [
    [throughput, throughputFigure(sizes, rows), 'throughput'],
    [latency, latencyFigure(sizes, rows, choices.metric), 'latency'],
  ] as const) {
    section.element.hidden = figure.labels.length === 0;
    if (section.element.hidden) continue;
    present.push(figure);
    section.draw(figure, theme, hidden);
    drawn[id] = section.drawn();
  }
  // Trends over many sizes need the whole width.
  figures.classList.toggle(
    'wide',
    present.some((figure) => kindOf(figure) === 'line'),
  );
  const arms = (Object.keys(ARM_LABELS) as Arm[]).filter((arm) =>
    rows.some((row) => row.arm === arm),
  );
  legend.draw(arms, [...new Set(present.map(kindOf))], theme, hidden);
  const [first, second] = tables;
  first?.replaceChildren(throughputTable(rows));
  second?.replaceChildren(latencyTable(rows, choices.metric));
  if (first) first.hidden = throughput.element.hidden;
  if (second) second.hidden = latency.element.hidden;
  expose(drawn);
}

/** Leaves what is on the canvases where tests and other programs can read it. */
function expose(drawn: unknown): void {
  const data = document.querySelector('#chart-data');
  if (data) data.textContent = JSON.stringify(drawn);
}

function restoreChoices(state: unknown): Choices {
  const { hidden, metric } = (state ?? {}) as { hidden?: unknown; metric?: unknown };
  return {
    hidden: (Object.keys(ARM_LABELS) as Arm[]).filter(
      (arm) => Array.isArray(hidden) && hidden.includes(arm),
    ),
    metric: LATENCY_METRICS.find((name) => name === metric) ?? 'p50',
  };
}
