import type { Arm, Plan, ResultDocument, Sample } from '../../../src/results/document.ts';
import { parseDocument } from '../../../src/results/document.ts';
import { resultDocument } from './documents.ts';

const START = Date.parse('2026-03-01T10:00:00Z');
export const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

const common = (arm: Arm, repetition: number) => ({
  arm,
  repetition,
  order: repetition,
  startedAt: at(10 + repetition),
  seconds: 5,
});

export const stream = (
  arm: Arm,
  repetition: number,
  bits: number,
  messageBytes = 64,
  bpf?: Sample['bpf'],
): Sample => ({
  experiment: 'throughput',
  messageBytes,
  throughputBitsPerSecond: bits,
  ...common(arm, repetition),
  ...(bpf && { bpf }),
});

/** A round trip whose rate is the inverse of its mean. */
export const trip = (
  arm: Arm,
  repetition: number,
  p50: number,
  responseBytes = 64,
  requestBytes = 64,
): Sample => ({
  experiment: 'latency',
  requestBytes,
  responseBytes,
  transactionsPerSecond: 1e6 / (p50 + 0.5),
  latencyUs: { mean: p50 + 0.5, stddev: 1, p50, p90: p50 + 2, p99: p50 + 9 },
  ...common(arm, repetition),
});

/** Four rounds of TCP at 1 Gbit/s and of the bypass, at each size by its ratios. */
export const sizes = (ratios: Readonly<Record<number, readonly number[]>>): Sample[] =>
  Object.entries(ratios).flatMap(([size, list]) =>
    list.flatMap((ratio, round) => [
      stream('tcp', round, 1e9, Number(size)),
      stream('bypass', round, ratio * 1e9, Number(size)),
    ]),
  );
export const TWICE = [2.1, 2.11, 2.09, 2.1];
export const HALF = [0.5, 0.501, 0.499, 0.5];
export const EQUAL = [1, 1.001, 0.999, 1];
export const STALLED = [2, 0, 2, 2];

const arms: Arm[] = ['tcp', 'bypass'];
const PLAN: Plan = {
  name: 'quick',
  points: [
    { experiment: 'latency', requestBytes: 64, responseBytes: 64, arms },
    { experiment: 'throughput', messageBytes: 16384, arms },
    { experiment: 'throughput', messageBytes: 64, arms },
  ],
  secondsPerSample: 5,
  repetitions: 3,
};

/** A document of these samples, through the parser as any other. */
export const documentOf = (
  samples: Sample[],
  change: Partial<ResultDocument> = {},
): ResultDocument =>
  parseDocument(
    JSON.stringify(resultDocument({ startedAt: at(0), plan: PLAN, samples, ...change })),
  );
