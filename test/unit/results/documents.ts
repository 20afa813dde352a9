import type {
  LatencySample,
  ResultDocument,
  Sample,
  ThroughputSample,
} from '../../../src/results/document.ts';
import type { Slot } from '../../../src/results/plan.ts';

export const stream = (order = 0): ThroughputSample => ({
  experiment: 'throughput',
  messageBytes: 64,
  throughputBitsPerSecond: 1e9,
  arm: 'tcp',
  repetition: 0,
  order,
  startedAt: '2026-03-01T10:00:01.000Z',
  seconds: 1,
});

export const roundTrip = (order = 0): LatencySample => ({
  experiment: 'latency',
  requestBytes: 64,
  responseBytes: 64,
  transactionsPerSecond: 10_000,
  latencyUs: { mean: 100, stddev: 5, p50: 99, p90: 110, p99: 130 },
  arm: 'bypass',
  repetition: 0,
  order,
  startedAt: '2026-03-01T10:00:02.000Z',
  seconds: 1,
  cpu: { client: 12.5, server: 12.5 },
  bpf: { redirectedBytes: 1_280_000 },
});

/** The sample a slot asks for, with a rate. */
export function sampleOf(
  { point, arm, repetition, timed }: Slot,
  order: number,
  rate: number,
): Sample {
  const common = {
    arm,
    repetition,
    order,
    ...(timed && { bpf: { redirectedBytes: 1, runs: 1, nanoseconds: 1 } }),
  };
  if (point.experiment === 'throughput') {
    const { messageBytes } = point;
    return { ...stream(), ...common, messageBytes, throughputBitsPerSecond: rate };
  }
  if (point.experiment !== 'latency') throw new RangeError(point.experiment);
  const { requestBytes, responseBytes } = point;
  const { bpf: _bpf, ...rest } = roundTrip();
  return { ...rest, ...common, requestBytes, responseBytes, transactionsPerSecond: rate };
}

/** The sample as it would be where streams and round trips are faster by a factor each. */
export function scaled(sample: Sample, streams: number, trips = streams): Sample {
  switch (sample.experiment) {
    case 'throughput':
      return { ...sample, throughputBitsPerSecond: sample.throughputBitsPerSecond * streams };
    case 'latency':
      return { ...sample, transactionsPerSecond: sample.transactionsPerSecond * trips };
    default:
      throw new RangeError(sample.experiment);
  }
}

/** A small, whole result document. */
export const resultDocument = (change: Partial<ResultDocument> = {}): ResultDocument => ({
  schema: 1,
  id: '5f0c6a5e-6a0e-4d0e-9f0a-0d1f3c1b2a11',
  startedAt: '2026-03-01T10:00:00.000Z',
  host: {
    name: 'ann@web1',
    kernel: '6.8.0',
    architecture: 'x86_64',
    distribution: 'Ubuntu 24.04',
    cpus: 8,
    netperf: '2.7.1',
  },
  cgroup: '/sys/fs/cgroup/app',
  programs: { policy: 'guarded', tags: { sockmap_sockops: 'abc' } },
  plan: {
    name: 'own',
    points: [{ experiment: 'throughput', messageBytes: 64, arms: ['tcp', 'bypass'] }],
    secondsPerSample: 1,
    repetitions: 1,
  },
  samples: [stream(), roundTrip(1)],
  ...change,
});
