import type { Arm } from './document.ts';
import type { Figure, Point, Series } from './figure.ts';
import { lazily } from './lazily.ts';
import { pointOf, ratioPoint, type Value } from './points.ts';
import {
  ascending,
  indexRun,
  sizesIn,
  type Experiment,
  type IndexedRun,
  type Run,
} from './runs.ts';
import { rate, SPECS, throughput, withNagle, type Spec } from './specs.ts';
import { ARM_LABELS, baselineOf, BYPASSES } from './arms.ts';
import { percentileStepUs, type FigureId, type LatencyMetric } from './quantities.ts';
import { bytes } from './sizes.ts';

/** Every figure, in the article's order, the overview first; each is worked out when it is asked for. */
export function figuresOf(runs: readonly Run[]): Record<FigureId, Figure> {
  const indexed = runs.map(indexRun);
  const makers: [FigureId, () => Figure][] = [
    ['overview', () => overviewOf(indexed)],
    ...SPECS.map((spec): [FigureId, () => Figure] => [spec.id, () => figureOf(spec, indexed)]),
  ];
  return lazily(Object.fromEntries(makers) as Record<FigureId, () => Figure>);
}

type Requests = readonly (number | undefined)[];

/** Request sizes of a figure, for each run; undefined where there are no requests. */
function requestsIn(
  runs: readonly IndexedRun[],
  experiment: Experiment,
  which: 'all' | 'one',
): Requests[] {
  if (experiment === 'throughput') return runs.map(() => [undefined]);
  const own = runs.map(({ places }) => ascending(places.latency.flatMap((at) => at.request ?? [])));
  if (which === 'all') return own;
  const runsWith = (request: number) => own.filter((sizes) => sizes.includes(request)).length;
  const responses = (request: number) =>
    new Set(
      runs.flatMap(({ places }) =>
        places.latency.filter((at) => at.request === request).map(({ x }) => x),
      ),
    ).size;
  // The one most runs have is comparable, the one with the most response sizes the longest line;
  // of equals, the smallest.
  const best = ascending(own.flat()).sort(
    (a, b) => runsWith(b) - runsWith(a) || responses(b) - responses(a),
  );
  return own.map((sizes) => best.filter((request) => sizes.includes(request)).slice(0, 1));
}

/** What tells lines of several request sizes apart. */
const requestLabel = (request: number | undefined, all: readonly Requests[]): string =>
  request !== undefined && new Set(all.flat()).size > 1 ? `${bytes(request)} requests` : '';

/** Its series are worked out when they are asked for; that there are none is known before. */
function figureOf(spec: Spec, runs: readonly IndexedRun[]): Figure {
  const { id, name, title, xTitle, yTitle, unit, better, quantity } = spec;
  const sizes = sizesIn(runs, spec.experiment);
  const isMeasured = measuredIn(spec, runs);
  return Object.assign(
    lazily({ series: () => (isMeasured ? seriesOf(linesOf(spec, runs, sizes)) : []) }),
    {
      id,
      name,
      title,
      xTitle,
      yTitle,
      unit,
      better,
      quantity,
      sizes,
      absent: !isMeasured,
    },
  );
}

/** Whether there is anything to show. */
function measuredIn(spec: Spec, runs: readonly IndexedRun[]): boolean {
  const { id, experiment, arms, requests, timed } = spec;
  const requestSizes = requestsIn(runs, experiment, requests ?? 'all');
  const some = (of: readonly Arm[]) =>
    runs.some((run, index) =>
      requestSizes[index]?.some((request) =>
        of.some((arm) => run.line({ timed, experiment, request, arm }) !== undefined),
      ),
    );
  // Without its own baseline it would only repeat part of another.
  return some(arms) && (id !== 'fig3' || some(['tcp-nodelay']));
}

function linesOf(spec: Spec, runs: readonly IndexedRun[], sizes: readonly number[]): Line[] {
  const { experiment, arms, requests, metrics, value, timed } = spec;
  const requestSizes = requestsIn(runs, experiment, requests ?? 'all');
  return runs.flatMap((run, index) => {
    const baseline = spec.baseline?.({ arms: run.arms[experiment] });
    return (metrics ?? [undefined]).flatMap((metric) =>
      (requestSizes[index] ?? []).flatMap((request) =>
        arms.flatMap((arm): Line[] => {
          const own = run.line({ timed, experiment, request, arm });
          if (!own) return [];
          const against = arm === baseline ? undefined : baseline;
          const other = against && run.line({ timed, experiment, request, arm: against });
          const step = metric !== undefined && metric !== 'mean' ? percentileStepUs : undefined;
          return [
            {
              ...{ arm, run: index, metric, requestBytes: request },
              ...(against && { against }),
              variantLabel: requestLabel(request, requestSizes),
              runLabel: runs.length > 1 ? run.label : '',
              points: sizes.map((x) => {
                const cell = own.get(x);
                return cell && pointOf({ x, request }, cell, other?.get(x), value(metric), step);
              }),
            },
          ];
        }),
      ),
    );
  });
}

type Line = {
  readonly arm: Arm;
  readonly run: number;
  readonly metric?: LatencyMetric | undefined;
  readonly requestBytes?: number | undefined;
  readonly against?: Arm;
  readonly variantLabel: string;
  readonly runLabel: string;
  readonly points: readonly (Point | undefined)[];
};

/** Lines that have points, named, with the variants numbered in the order they come. */
function seriesOf(lines: readonly Line[]): Series[] {
  const measured = lines.filter(({ points }) => points.some((point) => point !== undefined));
  const variants = new Map<string, number>();
  return measured.map(({ metric, requestBytes, ...line }) => {
    const { arm, variantLabel, runLabel } = line;
    const variant = variants.get(variantLabel) ?? variants.size;
    variants.set(variantLabel, variant);
    const words = [ARM_LABELS[arm], variantLabel, runLabel];
    const label = words.filter((word) => word !== '').join(', ');
    return {
      ...line,
      key: [arm, metric, label].join('/'),
      ...{ label, variant },
      ...(metric && { metric }),
      ...(requestBytes !== undefined && { requestBytes }),
    };
  });
}

/** How many times as fast as TCP each arm is, by size: above 1 it wins, below it loses. */
function overviewOf(runs: readonly IndexedRun[]): Figure {
  const requestSizes = requestsIn(runs, 'latency', 'one');
  const arms: readonly Arm[] = [...BYPASSES, 'tcp-nodelay', 'unix'];
  const kinds: readonly {
    experiment: Experiment;
    value: Value;
    baseline: NonNullable<Spec['baseline']>;
    arms: readonly Arm[];
    words: string;
  }[] = [
    {
      experiment: 'throughput',
      value: throughput,
      baseline: withNagle,
      arms,
      words: 'throughput',
    },
    {
      experiment: 'throughput',
      value: throughput,
      baseline: () => 'tcp-nodelay',
      arms: BYPASSES,
      words: 'throughput',
    },
    {
      experiment: 'latency',
      // The inverse of the mean round trip, and not rounded to whole µs as percentiles are.
      value: rate,
      baseline: baselineOf,
      arms,
      words: 'transaction rate',
    },
  ];
  const sizes = ascending([...sizesIn(runs, 'throughput'), ...sizesIn(runs, 'latency')]);
  const lines = runs.flatMap((run, index) =>
    kinds.flatMap(({ experiment, value, baseline: baselineIn, arms, words }) => {
      const of = experiment === 'latency' ? requestSizes[index]?.[0] : undefined;
      const against = baselineIn({ arms: run.arms[experiment] });
      const baseline = against && run.line({ experiment, request: of, arm: against });
      return arms.flatMap((arm): Line[] => {
        const own = run.line({ experiment, request: of, arm });
        if (!own || !baseline || arm === against) return [];
        const requests = requestLabel(of, requestSizes);
        const label = `${words} against ${ARM_LABELS[against]}`;
        return [
          {
            ...{ arm, run: index, requestBytes: of, against },
            variantLabel: requests === '' ? label : `${label}, ${requests}`,
            ...{ runLabel: runs.length > 1 ? run.label : '' },
            points: sizes.map((x) => {
              const [cell, other] = [own.get(x), baseline.get(x)];
              return cell && other && ratioPoint({ x, request: of }, cell, other, value);
            }),
          },
        ];
      });
    }),
  );
  const series = seriesOf(lines);
  const others = [
    ...new Set(series.flatMap(({ against }) => (against ? [ARM_LABELS[against]] : []))),
  ];
  const [only = ARM_LABELS.tcp] = others;
  const isOne = others.length <= 1;
  return {
    id: 'overview',
    name: 'Overview',
    title: `Speed compared with ${isOne ? only : others.join(' and ')}, by size`,
    xTitle: 'Message size, or response size of round trips',
    yTitle: `Times as fast as ${isOne ? only : 'what its series is against'} (above 1 is faster)`,
    unit: isOne ? `× ${only}` : '× what its series is against',
    better: 'higher',
    quantity: 'speed',
    sizes,
    series,
    absent: series.length === 0,
  };
}
