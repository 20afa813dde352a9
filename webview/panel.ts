import './words.ts';
import * as l10n from '@vscode/l10n';
import { Chart } from 'chart.js';
import type { Arm } from '../src/results/document.ts';
import { withMetric } from '../src/results/figure.ts';
import { findingTexts } from '../src/results/words/findingTexts.ts';
import { progressOf } from '../src/results/progress.ts';
import { ARM_ORDER } from '../src/results/arms.ts';
import {
  FIGURE_IDS,
  LATENCY_METRICS,
  pageName,
  type FigureId,
  type LatencyMetric,
} from '../src/results/quantities.ts';
import { isToPanel, type FromPanel, type ToPanel } from '../src/results/protocol.ts';
import { defaultAxes, type Axes } from './axes.ts';
import type { View } from './chart.ts';
import { button } from './chooser.ts';
import { el } from './dom.ts';
import { Header } from './header.ts';
import { FigurePage } from './page.ts';
import { pngOf, subtitleOf, svgOf } from './picture.ts';
import { Redraws } from './redraws.ts';
import { shownGrowth, shownRuns, type Shown } from './shown.ts';
import { Tabs } from './tabs.ts';
import { lightTheme, onThemeChange, readTheme } from './theme.ts';

/** The reader's choices; VS Code keeps them while the panel is hidden, as the page itself is not. */
type Choices = {
  /** Undefined until the reader has chosen one. */
  readonly page?: FigureId | undefined;
  readonly hidden: readonly Arm[];
  readonly metric: LatencyMetric;
  readonly raw: boolean;
  /** Pictures are light, whatever the editor's theme. */
  readonly light: boolean;
  /** Only for figures whose axes are not the default ones. */
  readonly axes: Partial<Readonly<Record<FigureId, Axes>>>;
};

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: Choices): void;
};

const RECHECK_MS = 15_000;

const vscode = acquireVsCodeApi();
let choices = restoreChoices(vscode.getState());
let message: Exclude<ToPanel, { type: 'grown' }> | undefined;
let shown: Shown | undefined;
let recheck: number | undefined;
let others: number | undefined;
const redraws = new Redraws(render);

const header = new Header({
  onResume: () => {
    vscode.postMessage({ type: 'resume' });
  },
  onAddRuns: () => {
    vscode.postMessage({ type: 'addRuns' });
  },
  onCompareRun: (run) => {
    vscode.postMessage({ type: 'compareRun', run });
  },
  onRemoveRun: (run) => {
    vscode.postMessage({ type: 'removeRun', run });
  },
});
const page = new FigurePage('figure', {
  onArm(arm) {
    const hidden = new Set(choices.hidden);
    if (!hidden.delete(arm)) hidden.add(arm);
    choose({ hidden: [...hidden] });
  },
  onMetric: (metric) => {
    choose({ metric });
  },
  onAxes: (axes) => {
    choose({ axes: { ...choices.axes, [pageShown()]: axes } });
  },
  onRaw: (raw) => {
    choose({ raw });
  },
  onLight: (light) => {
    choose({ light });
  },
  onPicture: (format) => void exportPicture(format),
  onCopyPicture: () => void copyPicture(),
  onText(what, to) {
    const { metric } = choices;
    const figure = pageShown();
    vscode.postMessage({ type: 'exportText', what, to, figure, metric });
  },
});
const tabs = new Tabs<FigureId>(
  FIGURE_IDS.map((id) => ({
    id,
    label: pageName(id),
    ...(id.startsWith('fig') && { detail: id.replace('fig', 'Fig. ') }),
  })),
  'figure',
  (id) => {
    choose({ page: id });
  },
);
tabs.show(new Set());
const empty = el('p', { id: 'empty' });
const charts = el('div', { id: 'charts' }, tabs.element, page.element);
const report = el('div', { id: 'report', hidden: true }, header.element, empty, charts);

const reason = el('pre', { id: 'reason', tabindex: 0 });
const invalidTitle = el('h1');
const invalid = el(
  'div',
  { id: 'invalid', role: 'alert', hidden: true },
  invalidTitle,
  el('p', {}, l10n.t('This file cannot be shown as a benchmark:')),
  reason,
  button(
    l10n.t('Open as text'),
    () => {
      vscode.postMessage({ type: 'openAsText' });
    },
    { class: 'primary' },
  ),
);
document.querySelector('main')?.append(report, invalid);

// The chart by its canvas, for tests and for whoever looks into the panel: `Chart.getChart('chart')`.
Object.assign(window, { Chart });
window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isToPanel(data)) return;
  switch (data.type) {
    case 'runs':
      shown = shownRuns(data.runs);
      break;
    case 'grown':
      shown = shown && shownGrowth(shown, data);
      // It goes on from something else: all of it is asked for.
      if (!shown) vscode.postMessage({ type: 'ready' });
      else redraws.ask();
      return;
    case 'invalid':
      shown = undefined;
  }
  message = data;
  redraws.now();
});
onThemeChange(() => {
  redraws.now();
});
vscode.postMessage({ type: 'ready' });

function choose(change: Partial<Choices>): void {
  choices = { ...choices, ...change };
  vscode.setState(choices);
  redraws.now();
}

/** The reader's choice, where these runs have that page. */
function pageShown(): FigureId {
  const { page } = choices;
  return page !== undefined && shown?.figures[page].absent === false ? page : firstPage();
}

/** A run without streams and round trips has nothing in its overview. */
function firstPage(): FigureId {
  const { points = [], workloads = [] } = shown?.runs[0]?.document.plan ?? {};
  if (points.some(({ experiment }) => experiment !== 'connections')) return 'overview';
  return workloads.length > 0 ? 'workloads' : points.length > 0 ? 'connections' : 'overview';
}

function render(): void {
  window.clearTimeout(recheck);
  if (!message) return;
  report.hidden = !shown;
  invalid.hidden = message.type !== 'invalid';
  if (shown) renderRuns(shown);
  else if (message.type === 'invalid') {
    invalidTitle.textContent = message.fileName;
    reason.textContent = message.reason;
    expose({});
  }
}

function renderRuns({ files, runs, figures }: Shown): void {
  const [own] = files;
  if (!own) return;
  const progress = progressOf(own.document, Date.now());
  header.draw(files, runs, progress);
  // A run that was cut off is known by the time that has passed alone.
  if (progress.state === 'running')
    recheck = window.setTimeout(() => {
      redraws.now();
    }, RECHECK_MS);

  const nothing = runs.every((run) => run.document.samples.length === 0);
  empty.hidden = !nothing;
  charts.hidden = nothing;
  empty.textContent =
    progress.state === 'running'
      ? l10n.t('No samples yet: the first one is being taken.')
      : l10n.t('The run ended before its first sample.');
  if (nothing) {
    expose({});
    return;
  }
  const id = pageShown();
  tabs.draw(id);
  const findings = findingTexts(figures, runs, choices.metric);
  page.draw(viewOf(figures), findings[id], choices);
  expose(page.drawn());
  // The other figures are worked out once this one is on the screen.
  window.clearTimeout(others);
  others = window.setTimeout(() => {
    const first = firstPage();
    tabs.show(new Set(FIGURE_IDS.filter((each) => each === first || !figures[each].absent)));
    tabs.draw(id);
  });
}

function viewOf(figures: Shown['figures']): View {
  const id = pageShown();
  const figure = withMetric(figures[id], choices.metric);
  return {
    figure,
    axes: choices.axes[id] ?? defaultAxes(figure),
    hidden: new Set(choices.hidden),
    raw: choices.raw,
    theme: readTheme(),
  };
}

/** The chart as it is saved or copied, and what is said under its title. */
function pictureOf({ runs, figures }: Shown): [View, string[]] {
  const view = viewOf(figures);
  const { light } = choices;
  const theme = light ? lightTheme(view.theme.fontFamily) : view.theme;
  return [{ ...view, theme }, subtitleOf(view.figure, runs)];
}

async function copyPicture(): Promise<void> {
  if (!shown) return;
  const [view, subtitle] = pictureOf(shown);
  // The browser wants the promise: by the time there is a picture, the click would be too long ago.
  const content = pngOf(view, subtitle);
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': content })]);
    page.say(l10n.t('The picture is on the clipboard.'));
  } catch (error) {
    page.say(l10n.t('The picture could not be copied: {0}', String(error)));
  }
}

async function exportPicture(format: 'png' | 'svg'): Promise<void> {
  if (!shown) return;
  const [view, subtitle] = pictureOf(shown);
  vscode.postMessage({
    type: 'exportPicture',
    figure: view.figure.id,
    picture:
      format === 'png'
        ? { format, content: new Uint8Array(await (await pngOf(view, subtitle)).arrayBuffer()) }
        : { format, content: svgOf(view, subtitle) },
  });
}

/** Leaves what is on the canvas where tests and other programs can read it. */
function expose(drawn: unknown): void {
  const data = document.querySelector('#chart-data');
  if (data) data.textContent = JSON.stringify(drawn);
}

/** Kept by an earlier version, or by none: what is not known is left out. */
function restoreChoices(state: unknown): Choices {
  const known = (state ?? {}) as Partial<Record<keyof Choices, unknown>>;
  const { hidden } = known;
  return {
    page: FIGURE_IDS.find((id) => id === known.page),
    hidden: ARM_ORDER.filter((arm) => Array.isArray(hidden) && hidden.includes(arm)),
    metric: LATENCY_METRICS.find((name) => name === known.metric) ?? 'p50',
    raw: known.raw === true,
    light: known.light !== false,
    axes: known.axes ?? {},
  };
}
