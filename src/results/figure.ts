import * as l10n from '@vscode/l10n';
import type { Arm } from './document.ts';
import type { Doubt } from './ratios.ts';
import type { Ratio, Spread } from './statistics.ts';
import { bytes } from './sizes.ts';
import { METRIC_LABELS, type FigureId, type LatencyMetric } from './quantities.ts';

/**
 * The content of one chart, before anything is drawn. Charts, tables, exports and findings are all made
 * of it, so that they cannot differ.
 */
export type Figure = {
  readonly id: FigureId;
  /** `Fig. 2`, as in the article. */
  readonly name: string;
  readonly title: string;
  readonly xTitle: string;
  /** Says the unit, and which direction is better. */
  readonly yTitle: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** The name of a value inside a sentence: `throughput`. */
  readonly quantity: string;
  /** The places on the x axis, ascending, in bytes: planned or measured. Where they have names, without a unit. */
  readonly sizes: readonly number[];
  /** The names of the places, where they are no sizes. */
  readonly names?: readonly string[];
  readonly series: readonly Series[];
  /** Whether nothing was measured that it could show. */
  readonly absent: boolean;
};

/** One line of a figure: an arm of a run, and of whatever else the figure distinguishes. */
export type Series = {
  /** Unique within the figure. */
  readonly key: string;
  readonly label: string;
  readonly arm: Arm;
  /** Index into the runs. */
  readonly run: number;
  /** Distinguishes it from the other series of its arm and run: equal numbers look alike everywhere. */
  readonly variant: number;
  /** The same in words; empty where an arm has one series of a run only. */
  readonly variantLabel: string;
  /** Empty where there is only one run. */
  readonly runLabel: string;
  /** Only of latency and transaction rates. */
  readonly requestBytes?: number;
  /** Only of latency. */
  readonly metric?: LatencyMetric;
  /** The baseline of its points' ratios; absent where there is nothing to compare. */
  readonly against?: Arm;
  /**
   * Sizes in bytes at which something was measured that cannot be compared: another thing than the arm is
   * called, or in the overview a stall. No line goes through them.
   */
  readonly breaks: readonly number[];
  /** An entry for each of the figure's sizes, undefined where nothing was measured. */
  readonly points: readonly (Point | undefined)[];
};

/** One mark on the chart, in the figure's unit. */
export type Point = Spread & {
  readonly bytes: number;
  /** `64 B`; for round trips request and response, `64 B / 1 KiB`. */
  readonly label: string;
  /** How many values `low` and `high` are from: samples, or rounds of a ratio. */
  readonly count: number;
  /** The raw values. */
  readonly values: readonly number[];
  /** Compared with what the series is against, by round; absent where no round has both, or one stalled. */
  readonly ratio?: Ratio;
  /** Why it says nothing of its arm, or is compared with nothing though it could be. */
  readonly doubt?: Doubt;
  /** How coarsely the values were recorded, in the unit; absent where it does not matter. */
  readonly step?: number;
  readonly details: Details;
  /** For a workload: the values behind its ratio. */
  readonly measured?: Measured;
  readonly reference?: Measured;
};

/** A median, in the unit of a workload. */
export type Measured = {
  readonly median: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
};

/** Further columns of a table: medians of the samples, or sums where it says so. */
export type Details = {
  /** µs: of a percentile, what it was a part of; its spread within a sample. */
  readonly meanUs?: number;
  readonly stddevUs?: number;
  /** Percent of the host's CPU time. */
  readonly cpuClient?: number;
  readonly cpuServer?: number;
  /** CPU time for the work: µs per KB of a stream, µs per transaction. */
  readonly demandClient?: number;
  readonly demandServer?: number;
  /** For a workload: µs of CPU time for one of its units; CPUs that it kept busy; bytes of its server at most. */
  readonly cpuPerUnit?: number;
  readonly cpusBusy?: number;
  readonly peakMemory?: number;
  /** ns for each call of the BPF programs. */
  readonly nanosecondsPerRun?: number;
  /** The part of the bytes that went by the bypass, 0 to 1; where it was `shared`, at least. */
  readonly bypassed?: number;
  /** In how many samples other programs used the bypass as well. */
  readonly shared?: number;
  /** Sums. */
  readonly redirectedBytes?: number;
  readonly loopbackBytes?: number;
};

/** The baseline of a figure's ratios, where all its series have the same. */
export function commonBaseline({ series }: Pick<Figure, 'series'>): Arm | undefined {
  const against = [...new Set(series.flatMap((each) => each.against ?? []))];
  return against.length === 1 ? against[0] : undefined;
}

/** Whether its values are ratios already. */
export const showsRatios = ({ id }: Pick<Figure, 'id'>): boolean =>
  id === 'overview' || id === 'workloads';

/** A place on the x axis, in words. */
export const placeText = (
  { names, sizes }: Pick<Figure, 'names' | 'sizes'>,
  place: number,
): string => (names === undefined ? bytes(sizes[place] ?? 0) : (names[place] ?? ''));

/** One percentile of a figure that has several; others are as they are. */
export function withMetric(figure: Figure, metric: LatencyMetric): Figure {
  if (figure.id !== 'fig4') return figure;
  const name = METRIC_LABELS[metric];
  return {
    ...figure,
    title: l10n.t('{0} latency by request and response size', name),
    yTitle: l10n.t('{0} latency in µs (lower is better)', name),
    quantity: l10n.t('{0} latency', name),
    series: figure.series.filter((series) => series.metric === metric),
  };
}
