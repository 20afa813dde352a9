import type { Arm } from '../src/bench/document.ts';
import {
  ARM_LABELS,
  sizeKey,
  type LatencyMetric,
  type Measure,
  type Row,
  type Size,
  sizeLabel,
} from '../src/bench/summary.ts';

/** What one chart shows, before anything is drawn; values are in `unit`. */
export type Figure = {
  readonly title: string;
  /** What a value is, inside a sentence: `round-trip p50`. */
  readonly quantity: string;
  readonly unit: 'Gbit/s' | 'µs';
  readonly xTitle: string;
  /** Says which direction is better. */
  readonly yTitle: string;
  /** The places on the x axis, as shown there. */
  readonly labels: readonly string[];
  readonly series: readonly Series[];
};

/** One arm; `points` has an entry for each label, undefined where nothing was measured. */
export type Series = { readonly arm: Arm; readonly points: readonly (Point | undefined)[] };

export type Point = Measure & { readonly samples: number };

/** Throughput by message size. */
export function throughputFigure(sizes: readonly Size[], rows: readonly Row[]): Figure {
  return {
    title: 'Throughput by message size',
    quantity: 'throughput',
    unit: 'Gbit/s',
    xTitle: 'Message size',
    yTitle: 'Gbit/s (higher is better)',
    ...plot('throughput', sizes, rows, (row) =>
      row.experiment === 'throughput' ? scale(row.throughputBitsPerSecond, 1e-9) : undefined,
    ),
  };
}

/** Round-trip time by request and response size. */
export function latencyFigure(
  sizes: readonly Size[],
  rows: readonly Row[],
  metric: LatencyMetric,
): Figure {
  return {
    title: 'Latency by request and response size',
    quantity: `round-trip ${metric}`,
    unit: 'µs',
    xTitle: 'Request / response size',
    yTitle: `${metric} in µs (lower is better)`,
    ...plot('latency', sizes, rows, (row) =>
      row.experiment === 'latency' ? row.latencyUs[metric] : undefined,
    ),
  };
}

function plot(
  experiment: Size['experiment'],
  sizes: readonly Size[],
  rows: readonly Row[],
  value: (row: Row) => Measure | undefined,
): Pick<Figure, 'labels' | 'series'> {
  const places = sizes.filter((size) => size.experiment === experiment);
  const index = new Map(places.map((size, place) => [sizeKey(size), place]));
  const series = new Map<Arm, (Point | undefined)[]>();
  for (const row of rows) {
    const place = index.get(sizeKey(row));
    const measure = value(row);
    if (place === undefined || !measure) continue;
    const points = series.get(row.arm) ?? places.map(() => undefined);
    points[place] = { ...measure, samples: row.samples };
    series.set(row.arm, points);
  }
  const arms = (Object.keys(ARM_LABELS) as Arm[]).filter((arm) => series.has(arm));
  return {
    labels: places.map(sizeLabel),
    series: arms.map((arm) => ({ arm, points: series.get(arm) ?? [] })),
  };
}

function scale(measure: Measure, by: number): Measure {
  const { median, low, high } = measure;
  return { ...measure, median: median * by, low: low * by, high: high * by };
}
