import { median } from 'simple-statistics';
import type { Arm, Sample } from './document.ts';

/**
 * Whether a sample may be compared with others. Those that measure the run time of the BPF programs
 * may not: the kernel reads its clock twice for each run of a program.
 */
export const isCompared = (sample: Sample): boolean => sample.bpf?.nanoseconds === undefined;

/** The measured value: bits per second of a stream, transactions per second, the metric of a workload. */
export function valueOf(sample: Sample): number {
  switch (sample.experiment) {
    case 'throughput':
      return sample.throughputBitsPerSecond;
    case 'latency':
    case 'connections':
      return sample.transactionsPerSecond;
    case 'workload':
      return sample.metrics[sample.metric] ?? 0;
  }
}

/** Whether more of it is better. */
export const isMoreBetter = (sample: Sample): boolean =>
  sample.experiment !== 'workload' || sample.higherIsBetter;

/** The quantity arms are compared by, of which more is better: of a workload's time its inverse. */
export function rateOf(sample: Sample): number {
  const value = valueOf(sample);
  if (isMoreBetter(sample)) return value;
  return value === 0 ? 0 : 1 / value;
}

/** Bytes the two programs handed to each other, both ways; undefined where nobody counts them. */
function bytesOf(sample: Sample): number | undefined {
  switch (sample.experiment) {
    case 'throughput':
      return (sample.throughputBitsPerSecond / 8) * sample.seconds;
    case 'latency':
    case 'connections': {
      const { transactionsPerSecond, seconds, requestBytes, responseBytes } = sample;
      return transactionsPerSecond * seconds * (requestBytes + responseBytes);
    }
    case 'workload':
      return undefined;
  }
}

/** netperf's own control connection is bypassed as well. */
const CONTROL_BYTES = 65_536;

/**
 * Whether other programs used the bypass as well: one that serves the cgroup of a live application
 * counts, and takes the time of, whatever it carries.
 */
export function isShared(sample: Sample): boolean {
  if (sample.bpf === undefined) return false;
  const { redirectedBytes, otherMessages = 0 } = sample.bpf;
  const own = bytesOf(sample) ?? Infinity;
  return otherMessages > 0 || redirectedBytes > 1.05 * own + CONTROL_BYTES;
}

/**
 * The part of a sample's bytes that went by the bypass, 0 to 1: it shows whether the sample measured what its
 * arm is called. Of one that is shared it is the least it can be: what the loopback device has not
 * carried. Undefined outside of a bypass, or where nothing moved.
 */
export function bypassedPart(sample: Sample): number | undefined {
  if (sample.bpf === undefined) return undefined;
  // A bypass leaves services of short connections to TCP by itself: what it costs them is measured.
  if (sample.experiment === 'connections') return undefined;
  const all = bytesOf(sample) ?? countedBytes(sample);
  if (all === undefined || all === 0) return undefined;
  const bypassed = isShared(sample)
    ? all - (sample.loopbackBytes ?? all)
    : sample.bpf.redirectedBytes;
  return Math.min(1, Math.max(0, bypassed / all));
}

/** Bytes of a workload, with what others sent over TCP/IP meanwhile; undefined where others' cannot be separated from its own. */
const countedBytes = (sample: Sample): number | undefined =>
  sample.bpf === undefined || sample.loopbackBytes === undefined || isShared(sample)
    ? undefined
    : sample.bpf.redirectedBytes + sample.loopbackBytes;

/** From this part on, all but a handshake went by the bypass. */
export const ALL = 0.99;

/** Below this part, hardly anything did. */
const HARDLY = 0.01;

/** How much of some samples went by a bypass. */
export type BypassedShare = {
  /** The median of `bypassedPart`; undefined outside of a bypass, or where it was not counted. */
  readonly bypassed?: number | undefined;
  /** In how many samples other programs used the bypass as well. */
  readonly shared?: number | undefined;
};

/** @param samples of one arm at one size. */
export function bypassedShare(samples: readonly Sample[]): BypassedShare {
  const parts = samples.flatMap((sample) => bypassedPart(sample) ?? []);
  return {
    bypassed: parts.length === 0 ? undefined : median(parts),
    shared: samples.filter(isShared).length || undefined,
  };
}

/** Hardly a byte was redirected, or nobody knows how many were. */
export type ShareDoubt = 'tcp' | 'shared';

/**
 * Why an arm was not measured as what it is called: of such a size nothing can be said for or against
 * it, and it is compared with nothing. Undefined: it was.
 */
export function doubtOf({ bypassed, shared }: BypassedShare): ShareDoubt | undefined {
  if (bypassed === undefined || bypassed >= HARDLY) return undefined;
  return shared === undefined ? 'tcp' : 'shared';
}

/** `Map.groupBy`, which the oldest editor we run in does not have. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

type Pair = readonly [subject: number, baseline: number];

/** Values measured in the same round, one pair for each round that has both. */
export function pairsByRound(
  own: readonly Sample[],
  other: readonly Sample[],
  value: (sample: Sample) => number | undefined,
): Pair[] {
  const partners = byRound(other, value);
  return [...byRound(own, value)].flatMap(([round, subject]) => {
    const partner = partners.get(round);
    return partner === undefined ? [] : [[subject, partner] as const];
  });
}

/** No run takes an arm twice in a round; of a file that says so the last counts. */
function byRound(
  samples: readonly Sample[],
  valueOf: (sample: Sample) => number | undefined,
): Map<number, number> {
  const rounds = new Map<number, number>();
  for (const sample of samples) {
    const value = valueOf(sample);
    if (value !== undefined) rounds.set(sample.repetition, value);
  }
  return rounds;
}

/** The rates of two arms, measured side by side, by round; of the samples of one point. */
export function pairsOf(samples: readonly Sample[], subject: Arm, baseline: Arm): Pair[] {
  const of = (arm: Arm) => samples.filter((sample) => sample.arm === arm && isCompared(sample));
  return pairsByRound(of(subject), of(baseline), rateOf);
}
