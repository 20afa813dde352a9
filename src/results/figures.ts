import * as l10n from '@vscode/l10n';
import { distributionFigure } from './distributionFigure.ts';
import type { Arm } from './document.ts';
import type { Figure } from './figure.ts';
import { lazily } from './lazily.ts';
import type { Value } from './points.ts';
import {
  ascending,
  sizesIn,
  type Experiment,
  type IndexedRun,
  type Run,
  RunIndex,
} from './runs.ts';
import { rate, SPECS, throughput, withNagle, type Spec } from './specs.ts';
import { ARM_LABELS, baselineOf, BYPASSES } from './arms.ts';
import { seriesOf, type Line } from './series.ts';
import { workloadFigure } from './workloadFigure.ts';
import { percentileStepUs, type FigureId } from './quantities.ts';
import { bytes } from './sizes.ts';

/** Every figure, in the article's order, the overview first; each is worked out when it is read. */
export const figuresOf = (runs: readonly Run[]): Record<FigureId, Figure> =>
  figuresIn(runs.map(({ document, label }) => ({ label, index: new RunIndex(document) })));

/** The same of runs that are indexed already: only what has changed in them is worked out anew. */
export function figuresIn(indexed: readonly IndexedRun[]): Record<FigureId, Figure> {
  const makers: [FigureId, () => Figure][] = [
    ['overview', () => overviewOf(indexed)],
    ...SPECS.map((spec): [FigureId, () => Figure] => [spec.id, () => figureOf(spec, indexed)]),
    ['workloads', () => workloadFigure(indexed)],
    ['distribution', () => distributionFigure(indexed)],
  ];
  return lazily(Object.fromEntries(makers) as Record<FigureId, () => Figure>);
}

type Requests = readonly (number | undefined)[];

/** Request sizes in a figure, for each run; undefined where there are no requests. */
function requestsIn(
  runs: readonly IndexedRun[],
  experiment: Experiment,
  which: 'all' | 'one',
): Requests[] {
  if (experiment === 'throughput') return runs.map(() => [undefined]);
  const trips = runs.map(({ index }) => index.places(experiment));
  const own = trips.map((places) => ascending(places.flatMap((at) => at.request ?? [])));
  if (which === 'all') return own;
  const runsWith = (request: number) => own.filter((sizes) => sizes.includes(request)).length;
  const responses = (request: number) =>
    new Set(
      trips.flatMap((places) => places.filter((at) => at.request === request).map(({ x }) => x)),
    ).size;
  // The one most runs have is comparable, the one with the most response sizes the longest line;
  // of equals, the smallest.
  const best = ascending(own.flat()).sort(
    (a, b) => runsWith(b) - runsWith(a) || responses(b) - responses(a),
  );
  return own.map((sizes) => best.filter((request) => sizes.includes(request)).slice(0, 1));
}

/** Distinguishes lines of several request sizes. */
const requestLabel = (request: number | undefined, all: readonly Requests[]): string =>
  request !== undefined && new Set(all.flat()).size > 1
    ? l10n.t('{0} requests', bytes(request))
    : '';

/** Its series are worked out when they are read; that there are none is known before. */
function figureOf(spec: Spec, runs: readonly IndexedRun[]): Figure {
  const { id, name, title, xTitle, yTitle, unit, better, quantity } = spec;
  const sizes = sizesIn(runs, spec.experiment);
  const isMeasured = measuredIn(spec, runs);
  return Object.assign(
    lazily({ series: () => (isMeasured ? seriesOf(linesOf(spec, runs, sizes)) : []) }),
    {
      id,
      name: l10n.t(name),
      title: l10n.t(title),
      xTitle: l10n.t(xTitle),
      yTitle: l10n.t(yTitle),
      unit: l10n.t(unit),
      better,
      quantity: l10n.t(quantity),
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
        of.some((arm) => run.index.line({ timed, experiment, request, arm }) !== undefined),
      ),
    );
  // Without its own baseline it would only repeat part of another.
  return some(arms) && (id !== 'fig3' || some(['tcp-nodelay']));
}

function linesOf(spec: Spec, runs: readonly IndexedRun[], sizes: readonly number[]): Line[] {
  const { experiment, arms, requests, metrics, value, timed } = spec;
  const requestSizes = requestsIn(runs, experiment, requests ?? 'all');
  return runs.flatMap((run, index) => {
    const baseline = spec.baseline?.({ arms: run.index.arms(experiment) });
    return (metrics ?? [undefined]).flatMap((metric) =>
      (requestSizes[index] ?? []).flatMap((request) =>
        arms.flatMap((arm): Line[] => {
          const own = run.index.line({ timed, experiment, request, arm });
          if (!own) return [];
          const against = arm === baseline ? undefined : baseline;
          const other = against && run.index.line({ timed, experiment, request, arm: against });
          const step = metric !== undefined && metric !== 'mean' ? percentileStepUs : undefined;
          const points = sizes.map((x) => own.get(x)?.point(value(metric), other?.get(x), step));
          return [
            {
              arm,
              run: index,
              metric,
              requestBytes: request,
              ...(against && { against }),
              variantLabel: requestLabel(request, requestSizes),
              runLabel: runs.length > 1 ? run.label : '',
              breaks: points.flatMap((point) => (point?.doubt ? point.bytes : [])),
              points,
            },
          ];
        }),
      ),
    );
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
      words: l10n.t('throughput'),
    },
    {
      experiment: 'throughput',
      value: throughput,
      baseline: () => 'tcp-nodelay',
      arms: BYPASSES,
      words: l10n.t('throughput'),
    },
    {
      experiment: 'latency',
      // The inverse of the mean round trip, and not rounded to whole µs as percentiles are.
      value: rate,
      baseline: baselineOf,
      arms,
      words: l10n.t('transaction rate'),
    },
  ];
  const sizes = ascending([...sizesIn(runs, 'throughput'), ...sizesIn(runs, 'latency')]);
  const lines = runs.flatMap((run, index) =>
    kinds.flatMap(({ experiment, value, baseline: baselineIn, arms, words }) => {
      const of = experiment === 'latency' ? requestSizes[index]?.[0] : undefined;
      const against = baselineIn({ arms: run.index.arms(experiment) });
      const baseline = against && run.index.line({ experiment, request: of, arm: against });
      return arms.flatMap((arm): Line[] => {
        const own = run.index.line({ experiment, request: of, arm });
        if (!own || !baseline || arm === against) return [];
        const points = sizes.map((x) => {
          const [cell, other] = [own.get(x), baseline.get(x)];
          return cell && other && cell.ratio(value, other);
        });
        const requests = requestLabel(of, requestSizes);
        const label = l10n.t('{0} against {1}', words, ARM_LABELS[against]);
        return [
          {
            arm,
            run: index,
            requestBytes: of,
            against,
            variantLabel: requests === '' ? label : `${label}, ${requests}`,
            runLabel: runs.length > 1 ? run.label : '',
            breaks: sizes.filter((x, place) => points[place] === undefined && own.has(x)),
            points,
          },
        ];
      });
    }),
  );
  const series = seriesOf(lines);
  const all = [...new Set(series.flatMap((each) => each.against ?? []))];
  const baseline = all.length > 1 ? l10n.t('its baseline') : ARM_LABELS[all[0] ?? 'tcp'];
  return {
    id: 'overview',
    name: l10n.t('Overview'),
    title: l10n.t(
      'Speed compared with {0}, by size',
      all.map((arm) => ARM_LABELS[arm]).join(l10n.t(' and ')) || ARM_LABELS.tcp,
    ),
    xTitle: l10n.t('Message size, or response size of round trips'),
    yTitle: l10n.t('Times as fast as {0} (above 1 is faster)', baseline),
    unit: `× ${baseline}`,
    better: 'higher',
    quantity: l10n.t('speed'),
    sizes,
    series,
    absent: series.length === 0,
  };
}
