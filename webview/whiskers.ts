import type { Chart, ChartType, Plugin } from 'chart.js';
import type { Series } from './figure.ts';

declare module 'chart.js' {
  // An interface is only merged with one of the same type parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface ChartDatasetProperties<TType extends ChartType, TData> {
    /** Where a dataset comes from: the whiskers and the tooltip need more than its medians. */
    series?: Series;
  }
}

type Kind = 'bar' | 'line';

const CAP = 4;

/**
 * Moves the lines of a size apart, as bars stand apart by nature: medians that coincide stay
 * visible, and every whisker belongs to one marker.
 */
export const sideBySide: Plugin<Kind> = {
  id: 'sideBySide',
  afterDatasetsUpdate(chart) {
    const lines = chart
      .getSortedVisibleDatasetMetas()
      .filter((meta) => meta.type === 'line')
      .sort((a, b) => a.index - b.index);
    const places = Math.max(chart.data.labels?.length ?? 0, 1);
    const room = chart.chartArea.width / places;
    const step = Math.min(10, (room * 0.6) / Math.max(lines.length, 1));
    for (const [position, meta] of lines.entries()) {
      for (const element of meta.data) element.x += (position - (lines.length - 1) / 2) * step;
    }
  },
};

/** Draws the lowest and highest sample of every point as a whisker at its bar or marker. */
export const whiskersIn = (colours: () => { ink: string; halo: string }): Plugin<Kind> => ({
  id: 'whiskers',
  // Under a marker, which is small, and over a bar, which would hide it.
  beforeDatasetDraw(chart, { meta }) {
    if (meta.type !== 'line') return;
    stroke(chart.ctx, pathOf(chart, meta.index), 1.5, chart.data.datasets[meta.index]?.borderColor);
  },
  afterDatasetDraw(chart, { meta }) {
    if (meta.type !== 'bar') return;
    const path = pathOf(chart, meta.index);
    // The halo keeps a whisker readable on a bar of about its own colour.
    stroke(chart.ctx, path, 4, colours().halo);
    stroke(chart.ctx, path, 1.5, colours().ink);
  },
});

function pathOf(chart: Chart, index: number): Path2D {
  const path = new Path2D();
  const y = chart.scales['y'];
  const series = chart.data.datasets[index]?.series;
  for (const [place, { x }] of chart.getDatasetMeta(index).data.entries()) {
    const point = series?.points[place];
    // A single sample has no spread: a flat whisker would claim that it was measured.
    if (!y || !point || point.samples < 2) continue;
    const [low, high] = [y.getPixelForValue(point.low), y.getPixelForValue(point.high)];
    path.moveTo(x - CAP, low);
    path.lineTo(x + CAP, low);
    path.moveTo(x, low);
    path.lineTo(x, high);
    path.moveTo(x - CAP, high);
    path.lineTo(x + CAP, high);
  }
  return path;
}

function stroke(
  context: CanvasRenderingContext2D,
  path: Path2D,
  width: number,
  colour: unknown,
): void {
  if (typeof colour !== 'string') return;
  context.save();
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(path);
  context.restore();
}
