import { median } from 'simple-statistics';
import type { Arm, LatencySample, ResultDocument, Sample, ThroughputSample } from './document.ts';
import { pairedRatio, spreadOf, type Ratio, type Spread } from './statistics.ts';

/**
 * Names for people, in the order of legends and tables. The schema's own list would bring the
 * whole validator into the chart panel.
 */
export const ARM_LABELS: Readonly<Record<Arm, string>> = {
  tcp: 'TCP',
  'tcp-nodelay': 'TCP no delay',
  bypass: 'Bypass',
  'bypass-classic': 'Bypass classic',
  unix: 'Unix socket',
};
const ARM_ORDER = Object.keys(ARM_LABELS) as Arm[];

/** What every other arm is compared with. */
export const BASELINE: Arm = 'tcp';

export type ThroughputSize = { readonly experiment: 'throughput'; readonly messageBytes: number };
export type LatencySize = {
  readonly experiment: 'latency';
  readonly requestBytes: number;
  readonly responseBytes: number;
};
/** Where something is measured: one place on a chart's axis. */
export type Size = ThroughputSize | LatencySize;

/** A size somebody chose, exactly: `64 B`, `16 KiB`, `65483 B`. */
function bytes(size: number): string {
  if (size >= 1 << 20 && size % (1 << 20) === 0) return `${size >> 20} MiB`;
  if (size >= 1 << 10 && size % (1 << 10) === 0) return `${size >> 10} KiB`;
  return `${size} B`;
}

/** `64 B` for a message, `64 B / 1 KiB` for a request and its response. */
export function sizeLabel(size: Size): string {
  return size.experiment === 'throughput'
    ? bytes(size.messageBytes)
    : `${bytes(size.requestBytes)} / ${bytes(size.responseBytes)}`;
}

/** One quantity of one arm at one size. */
export type Measure = Spread & {
  /** Compared with `BASELINE`, by round; absent for the baseline and where no round has both. */
  readonly ratioToTcp?: Ratio;
};

type RowCommon = {
  readonly arm: Arm;
  readonly samples: number;
  /** Sums over the samples; absent where no sample has the figure. */
  readonly redirectedBytes?: number;
  readonly loopbackBytes?: number;
};
export type ThroughputRow = RowCommon &
  ThroughputSize & {
    /** At the receiver. */
    readonly throughputBitsPerSecond: Measure;
  };
/** Quantities of a round trip, in microseconds. */
export const LATENCY_METRICS = ['p50', 'p90', 'p99', 'mean'] as const;
export type LatencyMetric = (typeof LATENCY_METRICS)[number];
export type LatencyRow = RowCommon &
  LatencySize & {
    readonly latencyUs: Readonly<Record<LatencyMetric, Measure>>;
    readonly transactionsPerSecond: Measure;
  };
export type Row = ThroughputRow | LatencyRow;

/** How far a run has come, in samples. */
export type Progress = {
  readonly state: 'running' | 'finished' | 'incomplete';
  readonly taken: number;
  readonly planned: number;
};

/** A name of a size that is the same for equal sizes. */
export function sizeKey(size: Size): string {
  return size.experiment === 'throughput'
    ? `throughput/${size.messageBytes}`
    : `latency/${size.requestBytes}/${size.responseBytes}`;
}

/** Every size of the document, planned or measured, smallest first. */
export function sizesOf(document: ResultDocument): Size[] {
  const sizes = new Map<string, Size>();
  for (const at of [...document.plan.points, ...document.samples]) {
    const size: Size =
      at.experiment === 'throughput'
        ? { experiment: 'throughput', messageBytes: at.messageBytes }
        : {
            experiment: 'latency',
            requestBytes: at.requestBytes,
            responseBytes: at.responseBytes,
          };
    sizes.set(sizeKey(size), size);
  }
  return [...sizes.values()].sort(bySize);
}

function bySize(a: Size, b: Size): number {
  if (a.experiment === 'throughput') {
    return b.experiment === 'throughput' ? a.messageBytes - b.messageBytes : -1;
  }
  if (b.experiment === 'throughput') return 1;
  return a.requestBytes - b.requestBytes || a.responseBytes - b.responseBytes;
}

/**
 * The document in rows: one for each size and arm that has samples, throughput before latency,
 * sizes ascending, arms in the order of `ARM_LABELS`.
 */
export function summarize(document: ResultDocument): Row[] {
  const samples = groupBy(document.samples, sizeKey);
  return sizesOf(document).flatMap((size) => {
    const arms = groupBy(samples.get(sizeKey(size)) ?? [], (sample) => sample.arm);
    const baseline = arms.get(BASELINE) ?? [];
    return ARM_ORDER.flatMap((arm) => {
      const own = arms.get(arm);
      if (!own) return [];
      return [rowOf(size, arm, own, arm === BASELINE ? [] : baseline)];
    });
  });
}

function rowOf(size: Size, arm: Arm, own: Sample[], baseline: Sample[]): Row {
  const redirectedBytes = total(own.map((sample) => sample.bpf?.redirectedBytes));
  const loopbackBytes = total(own.map((sample) => sample.loopbackBytes));
  const common = {
    arm,
    samples: own.length,
    ...(redirectedBytes !== undefined && { redirectedBytes }),
    ...(loopbackBytes !== undefined && { loopbackBytes }),
  };
  if (size.experiment === 'throughput') {
    const [subjects, baselines] = [own.filter(isThroughput), baseline.filter(isThroughput)];
    return {
      ...common,
      ...size,
      throughputBitsPerSecond: measure(subjects, baselines, (s) => s.throughputBitsPerSecond),
    };
  }
  const [subjects, baselines] = [own.filter(isLatency), baseline.filter(isLatency)];
  const percentile = (name: 'p50' | 'p90' | 'p99') =>
    measure(subjects, baselines, (s) => s.latencyUs[name], percentileStepUs);
  return {
    ...common,
    ...size,
    latencyUs: {
      p50: percentile('p50'),
      p90: percentile('p90'),
      p99: percentile('p99'),
      mean: measure(subjects, baselines, (s) => s.latencyUs.mean),
    },
    transactionsPerSecond: measure(subjects, baselines, (s) => s.transactionsPerSecond),
  };
}

const isThroughput = (sample: Sample): sample is ThroughputSample =>
  sample.experiment === 'throughput';
const isLatency = (sample: Sample): sample is LatencySample => sample.experiment === 'latency';

/** netperf's histogram has buckets of 1 µs up to 100 µs, of 10 µs up to 1 ms, and so on. */
function percentileStepUs(us: number): number {
  return us < 100 ? 1 : 10 ** (Math.floor(Math.log10(us)) - 1);
}

function measure<S extends { repetition: number }>(
  own: S[],
  baseline: S[],
  value: (sample: S) => number,
  step: (value: number) => number = () => 0,
): Measure {
  const spread = spreadOf(own.map(value));
  const rounds = valueByRound(baseline, value);
  const pairs = [...valueByRound(own, value)].flatMap(([round, subject]) => {
    const partner = rounds.get(round);
    return partner === undefined ? [] : [[subject, partner] as const];
  });
  const coarsest = Math.max(step(spread.median), ...pairs.map((pair) => step(pair[1])));
  const ratioToTcp = pairedRatio(pairs, coarsest);
  return { ...spread, ...(ratioToTcp && { ratioToTcp }) };
}

/** A round may hold an arm more than once (a balanced order does); it still counts as one. */
function valueByRound<S extends { repetition: number }>(
  samples: S[],
  value: (sample: S) => number,
): Map<number, number> {
  const rounds = groupBy(samples, (sample) => sample.repetition);
  return new Map([...rounds].map(([round, list]) => [round, median(list.map(value))]));
}

/** `Map.groupBy`, which the oldest editor we run in does not have. */
function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function total(values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}

/**
 * A document does not say whether its run was cut off, only that it has not finished: it counts as
 * running while the next sample is not overdue.
 * @param now milliseconds since the epoch.
 */
export function progressOf(document: ResultDocument, now: number): Progress {
  const { plan, samples } = document;
  const arms = plan.points.reduce((sum, point) => sum + point.arms.length, 0);
  const counts = { taken: samples.length, planned: arms * plan.repetitions };
  if (document.finishedAt !== undefined) return { state: 'finished', ...counts };
  const last = Date.parse(samples.at(-1)?.startedAt ?? document.startedAt);
  return { state: now > last + patienceMs(plan) ? 'incomplete' : 'running', ...counts };
}

/** A sample, the one after it, and time for set-up and slow connections. */
function patienceMs(plan: { secondsPerSample: number }): number {
  return (2 * plan.secondsPerSample + 60) * 1000;
}
