import type { Arm } from './document.ts';
import type { Figure } from './figure.ts';
import type { Value } from './points.ts';
import type { Experiment } from './runs.ts';
import { ARM_ORDER, baselineOf, BYPASSES } from './arms.ts';
import { LATENCY_METRICS, type LatencyMetric } from './quantities.ts';

/** The content of each figure of the article; the overview has none. */
export type Spec = Omit<Figure, 'sizes' | 'series' | 'absent'> & {
  readonly experiment: Experiment;
  readonly arms: readonly Arm[];
  /** @param run arms the run has of the experiment. */
  readonly baseline?: (run: { readonly arms: readonly Arm[] }) => Arm | undefined;
  /** One series for each request size, or only that of the article's simpler figure. */
  readonly requests?: 'all' | 'one';
  readonly metrics?: readonly LatencyMetric[];
  readonly value: (metric: LatencyMetric | undefined) => Value;
  /** Which samples count; those whose BPF time was taken are slowed down by that. */
  readonly timed?: true;
};

/** Gbit/s, of a stream. */
export const throughput: Value = (sample) =>
  sample.experiment === 'throughput' ? sample.throughputBitsPerSecond / 1e9 : undefined;
/** Transactions per second, of round trips. */
export const rate: Value = (sample) =>
  sample.experiment === 'latency' || sample.experiment === 'connections'
    ? sample.transactionsPerSecond
    : undefined;
const latencyIn =
  (metric: LatencyMetric): Value =>
  (sample) =>
    sample.experiment === 'latency' ? sample.latencyUs[metric] : undefined;
/** One function each: points are kept by it (`Cell`). */
const LATENCIES: Readonly<Record<LatencyMetric, Value>> = {
  p50: latencyIn('p50'),
  p90: latencyIn('p90'),
  p99: latencyIn('p99'),
  mean: latencyIn('mean'),
};

/** The length of the article's samples: times in the kernel are given for as long. */
const ARTICLE_SECONDS = 60;
const kernelTime: Value = ({ bpf, seconds }) =>
  bpf?.nanoseconds === undefined
    ? undefined
    : (bpf.nanoseconds / 1e9) * (ARTICLE_SECONDS / seconds);

/** TCP without Nagle's algorithm has a figure of its own. */
export function withNagle(run: { readonly arms: readonly Arm[] }): Arm | undefined {
  const baseline = baselineOf(run);
  return baseline === 'tcp-nodelay' ? undefined : baseline;
}

const throughputSpec = {
  experiment: 'throughput',
  xTitle: 'Send message size',
  yTitle: 'Throughput in Gbit/s (higher is better)',
  unit: 'Gbit/s',
  better: 'higher',
  quantity: 'throughput',
  value: () => throughput,
} as const;
const rateSpec = {
  experiment: 'latency',
  xTitle: 'Response message size',
  yTitle: 'Transactions per second (higher is better)',
  unit: '1/s',
  better: 'higher',
  quantity: 'transaction rate',
  baseline: baselineOf,
  arms: ARM_ORDER,
  value: () => rate,
} as const;

/** In the article's order; their words are translated where they are read. */
export const SPECS: readonly Spec[] = [
  {
    ...throughputSpec,
    id: 'fig2',
    name: 'Fig. 2',
    title: 'Throughput by message size, with Nagle’s algorithm',
    baseline: withNagle,
    arms: ['tcp', ...BYPASSES, 'unix'],
  },
  {
    ...throughputSpec,
    id: 'fig3',
    name: 'Fig. 3',
    title: 'Throughput by message size, with TCP_NODELAY',
    baseline: () => 'tcp-nodelay',
    arms: ['tcp-nodelay', ...BYPASSES, 'unix'],
  },
  {
    id: 'fig4',
    name: 'Fig. 4',
    title: 'Latency by request and response size',
    experiment: 'latency',
    xTitle: 'Response message size',
    yTitle: 'Latency in µs (lower is better)',
    unit: 'µs',
    better: 'lower',
    quantity: 'latency',
    baseline: baselineOf,
    arms: ARM_ORDER,
    requests: 'all',
    metrics: LATENCY_METRICS,
    value: (metric) => LATENCIES[metric ?? 'p50'],
  },
  {
    ...rateSpec,
    id: 'fig5',
    name: 'Fig. 5',
    title: 'Transaction rate by response size',
    requests: 'one',
  },
  {
    ...rateSpec,
    id: 'fig6',
    name: 'Fig. 6',
    title: 'Transaction rate for different request sizes',
    requests: 'all',
  },
  {
    ...throughputSpec,
    id: 'fig7',
    name: 'Fig. 7',
    title: 'Time in the kernel spent by the BPF programs',
    yTitle: 'Seconds in BPF programs for 60 s of netperf (lower is better)',
    unit: 's per 60 s',
    better: 'lower',
    quantity: 'time in the BPF programs',
    arms: BYPASSES,
    value: () => kernelTime,
    timed: true,
  },
  {
    ...rateSpec,
    id: 'connections',
    name: 'Short connections',
    title: 'Connections by response size, each of one request',
    experiment: 'connections',
    yTitle: 'Connections per second (higher is better)',
    quantity: 'connection rate',
    requests: 'all',
  },
];
