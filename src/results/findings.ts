import { max, min } from 'simple-statistics';
import { withMetric, type Figure, type Point, type Series } from './figure.ts';
import type { Finding, KernelTime } from './finding.ts';
import { bypassedShareOf } from './bypassedShare.ts';
import {
  comparison,
  crossing,
  growth,
  movement,
  nagle,
  requestSizes,
  uncompared,
} from './comparisons.ts';
import { lazily } from './lazily.ts';
import { noiseOf } from './noise.ts';
import { recommendation } from './recommendation.ts';
import type { Run } from './runs.ts';
import { BYPASSES } from './arms.ts';
import type { FigureId, LatencyMetric } from './quantities.ts';
import { distributionFindings } from './distributionFindings.ts';
import { workloadFindings } from './workloadFindings.ts';
import { isCoarse, measured, seriesOfRun, subjectsOf } from './verdicts.ts';

type Figures = Readonly<Record<FigureId, Figure>>;

/**
 * The findings of each figure, as values: only what the data bear out.
 * @param metric the quantity of the latency figure.
 * @returns of each figure a list for each run.
 */
export function findingsOf(
  figures: Figures,
  runs: readonly Run[],
  metric: LatencyMetric = 'p50',
): Record<FigureId, Finding[][]> {
  const each = (id: FigureId, of: (run: number) => Finding[]) => (): Finding[][] => {
    // Why nothing is compared is reported size by size.
    const isAbsent = figures[id].absent && !(id === 'overview' && isDoubted(figures));
    if (isAbsent) return runs.map((_, run) => (run === 0 ? [{ kind: 'notMeasured' }] : []));
    return runs.map((_, run) => of(run));
  };
  return lazily<FigureId, Finding[][]>({
    overview: each('overview', (run) => [
      recommendation(figures, run),
      ...runs
        .slice(run, run + 1)
        .flatMap(({ document }) => noiseOf(document))
        .map((noise): Finding => ({ kind: 'noise', noise })),
    ]),
    fig2: each('fig2', (run) => throughputFindings(figures.fig2, run)),
    fig3: each('fig3', (run) => [
      ...throughputFindings(figures.fig3, run),
      ...nagle(figures.overview, run),
    ]),
    fig4: each('fig4', (run) => {
      const figure = withMetric(figures.fig4, metric);
      const [first] = subjectsOf(figure, run);
      return [
        ...uncompared(figure, run),
        ...(first ? comparison(figure, first) : []),
        ...movement(figure, run),
        ...requestSizes(figure, run),
        ...percentileSteps(figures, run, metric),
        ...bypassedShares(figure, run),
      ];
    }),
    fig5: each('fig5', (run) => [
      ...uncompared(figures.fig5, run),
      ...comparisons(figures.fig5, run),
      ...inverseOfMean(figures, run),
    ]),
    fig6: each('fig6', (run) => [
      ...uncompared(figures.fig6, run),
      ...comparisons(figures.fig6, run),
      ...requestSizes(figures.fig6, run),
    ]),
    fig7: each('fig7', (run) => [
      ...seriesOfRun(figures.fig7, run).flatMap(kernelTime),
      ...bypassedShares(figures.fig7, run),
    ]),
    connections: each('connections', (run) => [
      ...uncompared(figures.connections, run),
      ...comparisons(figures.connections, run),
      ...requestSizes(figures.connections, run),
    ]),
    workloads: each('workloads', (run) => workloadFindings(figures.workloads, runs, run)),
    distribution: each('distribution', (run) =>
      distributionFindings(figures.distribution, runs, run),
    ),
  });
}

const isDoubted = ({ fig2, fig3, fig5 }: Figures): boolean =>
  [fig2, fig3, fig5].some(({ series }) =>
    series.some(({ points }) => points.some((point) => point?.doubt !== undefined)),
  );

const comparisons = (figure: Figure, run: number): Finding[] =>
  subjectsOf(figure, run).flatMap((series) => comparison(figure, series));

const bypassedShares = (figure: Figure, run: number): Finding[] =>
  BYPASSES.flatMap((arm) => {
    const series = subjectsOf(figure, run).filter((each) => each.arm === arm);
    return bypassedShareOf(series, figure.sizes) ?? [];
  });

function throughputFindings(figure: Figure, run: number): Finding[] {
  const [first] = subjectsOf(figure, run);
  return [
    ...uncompared(figure, run),
    ...comparisons(figure, run),
    ...(first ? [...crossing(figure, first), ...growth(figure, first)] : []),
    ...bypassedShares(figure, run),
  ];
}

/** netperf's percentiles are whole µs, and coarser from 100 µs on. */
function percentileSteps({ fig4 }: Figures, run: number, metric: LatencyMetric): Finding[] {
  if (metric === 'mean') return [];
  const [subject] = subjectsOf(withMetric(fig4, metric), run);
  const coarse = subject && measured(subject).find((point) => isCoarse(point));
  if (!subject || coarse?.step === undefined) return [];
  const means = withMetric(fig4, 'mean').series.filter(
    (series) =>
      series.run === run &&
      series.requestBytes === subject.requestBytes &&
      [subject.arm, subject.against].includes(series.arm),
  );
  return [
    {
      kind: 'percentileSteps',
      at: coarse.label,
      stepUs: coarse.step,
      medianUs: coarse.median,
      means: means.flatMap(({ arm, points }) => {
        const point = points.find((each) => each?.bytes === coarse.bytes);
        if (!point) return [];
        return [{ arm, meanUs: point.median, stddevUs: point.details.stddevUs }];
      }),
    },
  ];
}

/** One transaction at a time: the rate is the inverse of the mean, or something is wrong. */
function inverseOfMean({ fig4, fig5 }: Figures, run: number): Finding[] {
  const means = withMetric(fig4, 'mean').series.filter((series) => series.run === run);
  const errors = seriesOfRun(fig5, run).flatMap((rate) => {
    const mean = means.find(
      ({ arm, requestBytes }) => arm === rate.arm && requestBytes === rate.requestBytes,
    );
    return rate.points.flatMap((point, place) => {
      // Sample by sample: the medians of either need not be of the same one.
      const others = mean?.points[place]?.values ?? [];
      return (point?.values ?? []).flatMap((value, index) => {
        const other = others[index];
        return other === undefined ? [] : [Math.abs((value * other) / 1e6 - 1)];
      });
    });
  });
  return errors.length === 0 ? [] : [{ kind: 'inverseOfMean', worst: max(errors) }];
}

function kernelTime(series: Series): Finding[] {
  const points = measured(series).filter(({ doubt }) => doubt !== 'tcp');
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return [];
  const time = ({ bytes, median }: Point): KernelTime => ({ bytes, seconds: median });
  const most = points.reduce((a, b) => (b.median > a.median ? b : a));
  const calls = points.flatMap(({ details }) => details.nanosecondsPerRun ?? []);
  return [
    {
      kind: 'kernelTime',
      arm: series.arm,
      first: time(first),
      last: time(last),
      most: time(most),
    },
    ...(points.some(({ details }) => details.shared !== undefined)
      ? [{ kind: 'sharedTime' } as const]
      : []),
    ...(calls.length === 0
      ? []
      : [{ kind: 'callTime', lowNs: min(calls), highNs: max(calls) } as const]),
  ];
}
