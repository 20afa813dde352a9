import * as l10n from '@vscode/l10n';
import type { Chart, ChartType, Plugin } from 'chart.js';
import type { Series } from '../src/results/figure.ts';
import { isCoarse } from '../src/results/verdicts.ts';
import type { Theme } from './theme.ts';

declare module 'chart.js' {
  // An interface is only merged with one of the same type parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface ChartDatasetProperties<TType extends ChartType, TData> {
    /** Where a dataset comes from: whiskers and the tooltip need more than its medians. */
    series?: Series;
  }
}

type Kind = 'line';

const [CAP, ARROW] = [4, 7];
const DOT = 1.5;
const BOX = 7;

/**
 * Moves the markers of a size apart: medians that coincide stay visible, and every whisker belongs
 * to one marker.
 */
export const sideBySide: Plugin<Kind> = {
  id: 'sideBySide',
  afterDatasetsUpdate(chart) {
    const metas = chart.getSortedVisibleDatasetMetas().sort((a, b) => a.index - b.index);
    const room = Math.min(WIDEST, closest(chart) * 0.7);
    const step = Math.min(8, room / Math.max(metas.length, 1));
    for (const [position, meta] of metas.entries()) {
      for (const element of meta.data) element.x += (position - (metas.length - 1) / 2) * step;
    }
  },
};

/** Pixels: of many series, the outer ones stay on the chart at its first and last size. */
const WIDEST = 90;

/** Pixels between the two sizes that are closest together. */
function closest(chart: Chart): number {
  const x = chart.scales['x'];
  const sizes = chart.data.datasets[0]?.data ?? [];
  const places = sizes.map((point) =>
    typeof point === 'object' && point !== null && 'x' in point
      ? (x?.getPixelForValue(Number(point.x)) ?? 0)
      : 0,
  );
  const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
  return Math.min(chart.chartArea.width / 4, ...gaps);
}

/**
 * The interval of every point as a whisker, or its lowest and highest where it has none, the step of quantised percentiles as a pale box,
 * and on demand each value as a dot.
 */
export const pointMarks = (options: () => { theme: Theme; raw: boolean }): Plugin<Kind> => ({
  id: 'pointMarks',
  // Under the marker, which is small.
  beforeDatasetDraw(chart, { meta }) {
    const { ctx, chartArea } = chart;
    const colour = chart.data.datasets[meta.index]?.borderColor;
    if (typeof colour !== 'string') return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    ctx.strokeStyle = ctx.fillStyle = colour;
    steps(chart, meta.index);
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    whiskers(chart, meta.index);
    ctx.stroke();
    if (options().raw) dots(chart, meta.index);
    ctx.restore();
  },
});

/** A percentile of 12 in steps of 1 was anything from 12 up to 13. */
function steps(chart: Chart, index: number): void {
  const { ctx } = chart;
  const y = chart.scales['y'];
  const series = chart.data.datasets[index]?.series;
  ctx.globalAlpha = 0.25;
  for (const [place, { x }] of chart.getDatasetMeta(index).data.entries()) {
    const point = series?.points[place];
    if (!y || !point || !isCoarse(point)) continue;
    const top = pixel(y, point.median + (point.step ?? 0));
    ctx.fillRect(x - BOX, top, 2 * BOX, pixel(y, point.median) - top);
  }
  ctx.globalAlpha = 1;
}

function whiskers(chart: Chart, index: number): void {
  const { ctx } = chart;
  const y = chart.scales['y'];
  const series = chart.data.datasets[index]?.series;
  for (const [place, { x }] of chart.getDatasetMeta(index).data.entries()) {
    const point = series?.points[place];
    // A single sample has no spread: a flat whisker would claim that it was measured.
    if (!y || !point || point.count < 2) continue;
    const ends = point.interval ?? point;
    const [low, high] = [pixel(y, ends.low), pixel(y, ends.high)];
    ctx.moveTo(x, low);
    ctx.lineTo(x, high);
    // Where it goes on beyond the picture, an arrow says so.
    if (low > y.bottom) cap(ctx, x, y.bottom - 1, -ARROW);
    else cap(ctx, x, low, 0);
    if (high < y.top) cap(ctx, x, y.top + 1, ARROW);
    else cap(ctx, x, high, 0);
  }
}

/** @param barbs pixels by which its ends lie below its middle: an arrow's. */
function cap(ctx: CanvasRenderingContext2D, x: number, y: number, barbs: number): void {
  ctx.moveTo(x - CAP, y + barbs);
  ctx.lineTo(x, y);
  ctx.lineTo(x + CAP, y + barbs);
}

/** On a logarithmic axis zero is nowhere: a stalled sample lies below everything. */
function pixel(y: Chart['scales'][string], value: number): number {
  const at = y.getPixelForValue(value);
  return Number.isFinite(at) ? at : y.bottom + 10;
}

function dots(chart: Chart, index: number): void {
  const { ctx } = chart;
  const y = chart.scales['y'];
  const series = chart.data.datasets[index]?.series;
  if (!y) return;
  ctx.globalAlpha = 0.6;
  for (const [place, { x }] of chart.getDatasetMeta(index).data.entries()) {
    for (const [order, value] of (series?.points[place]?.values ?? []).entries()) {
      // Spread in the order they were taken, so that equal ones show and a drift is a slope.
      const aside = spread(order, series?.points[place]?.count ?? 1);
      ctx.fillRect(x + aside - DOT, pixel(y, value) - DOT, 2 * DOT, 2 * DOT);
    }
  }
  ctx.globalAlpha = 1;
}

const SPREAD = 14;
const spread = (order: number, count: number): number =>
  count < 2 ? 0 : (order / (count - 1) - 0.5) * SPREAD;

/** Pixels of the words at the chart's edges. */
const SIGN = 12;

/** @param options `baseline`: of the overview's ratios; undefined in other figures. */
export const halves = (
  options: () => { theme: Theme; baseline: string | undefined },
): Plugin<Kind> => ({
  id: 'halves',
  beforeDatasetsDraw(chart) {
    const { theme, baseline } = options();
    const y = chart.scales['y'];
    if (baseline === undefined || !y) return;
    const { ctx, chartArea: area } = chart;
    const one = y.getPixelForValue(1);
    ctx.save();
    ctx.strokeStyle = theme.foreground;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(area.left, one);
    ctx.lineTo(area.right, one);
    ctx.stroke();
    ctx.font = `${SIGN}px ${theme.fontFamily}`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    const sign = (text: string, middle: number): void => {
      // No line of the grid goes through it.
      ctx.fillStyle = theme.background;
      const width = ctx.measureText(text).width + 6;
      ctx.fillRect(area.left + 3, middle - SIGN / 2 - 1, width, SIGN + 2);
      ctx.fillStyle = theme.muted;
      ctx.fillText(text, area.left + 6, middle);
    };
    sign(l10n.t('↑ faster than {0}', baseline), area.top + 4 + SIGN / 2);
    sign(l10n.t('↓ slower than {0}', baseline), area.bottom - 4 - SIGN / 2);
    ctx.restore();
  },
});
