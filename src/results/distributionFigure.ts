import * as l10n from '@vscode/l10n';
import { ARM_ORDER, baselineOf } from './arms.ts';
import type { Sample } from './document.ts';
import type { Figure, Point } from './figure.ts';
import { PERCENTS } from './percentiles.ts';
import type { Cell, Value } from './points.ts';
import type { IndexedRun } from './runs.ts';
import { seriesOf, type Line } from './series.ts';

const percentileIn =
  (percent: number): Value =>
  (sample) =>
    percentiles(sample).find(([each]) => each === percent)?.[1];

const percentiles = (sample: Sample) =>
  sample.experiment === 'workload' ? (sample.percentiles ?? []) : [];

/** One function each: points are kept by it (`Cell`). Of how many requests one is slower is its place. */
const QUANTITIES = PERCENTS.map((percent) => ({
  percent,
  value: percentileIn(percent),
  place: 100 / (100 - percent),
}));

/** The times that workloads' own tools measured, percentile by percentile, on the scale of HDR histograms. */
export function distributionFigure(runs: readonly IndexedRun[]): Figure {
  const cells = runs.flatMap(({ index }) =>
    index.timedWorkloads().flatMap(([, arms]) => [...arms.values()]),
  );
  const shown = QUANTITIES.filter(({ value }) =>
    cells.some(({ samples }) => samples.some((sample) => value(sample) !== undefined)),
  );
  const named = new Set(
    runs.flatMap(({ index }) =>
      index.timedWorkloads().flatMap(([name, arms]) => ([...arms.values()].some(has) ? name : [])),
    ),
  );
  const lines = runs.flatMap(({ index, label }, run) =>
    index.timedWorkloads().flatMap(([name, arms]) => {
      const against = baselineOf({ arms: [...arms.keys()] });
      return ARM_ORDER.flatMap((arm): Line[] => {
        const own = arms.get(arm);
        if (own === undefined) return [];
        const other = against === undefined || against === arm ? undefined : arms.get(against);
        const points = shown.map(({ percent, value, place }): Point | undefined => {
          const point = own.point(value, other);
          return point && { ...point, bytes: place, label: `${name}, P${percent}` };
        });
        return [
          {
            arm,
            run,
            ...(other !== undefined && against !== undefined && { against }),
            variantLabel: named.size > 1 ? name : '',
            runLabel: runs.length > 1 ? label : '',
            breaks: points.flatMap((point) => (point?.doubt ? point.bytes : [])),
            points,
          },
        ];
      });
    }),
  );
  const series = seriesOf(lines);
  return {
    id: 'distribution',
    name: l10n.t('Distribution'),
    title: l10n.t('Latency of workloads by percentile'),
    xTitle: l10n.t('Percentile'),
    yTitle: l10n.t('Latency in µs (lower is better)'),
    unit: 'µs',
    better: 'lower',
    quantity: l10n.t('latency'),
    sizes: shown.map(({ place }) => place),
    names: shown.map(({ percent }) => `P${percent}`),
    series,
    absent: series.length === 0,
  };
}

const has = ({ samples }: Cell): boolean =>
  samples.some((sample) => percentiles(sample).length > 0);
