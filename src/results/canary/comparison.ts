import { EQUIVALENCE, type Interval } from '../statistics.ts';
import { bucketAt, countUpTo, edgeOf, merge, totalOf, type Histogram } from './histogram.ts';
import { quantileParts } from './sequence.ts';

/**
 * The times of a group, in parts: each connection belongs to one, chosen at random. What makes connections
 * differ from each other shows in how the parts differ.
 */
export type Parts = readonly Histogram[];

/** With fewer parts that hold anything, connections are too few to tell how much they differ. */
const LEAST_PARTS = 4;

/** Chance that one of the intervals of a ratio is wrong at any time. */
const ALPHA = 0.05;

/** A quantile of a group. */
interface Quantile {
  /** Nanoseconds. */
  readonly value: number;
  /** Valid at all times at once; without an upper end while there are too few values. */
  readonly interval: Interval;
  /** Values counted. */
  readonly count: number;
  /** How many times as much the parts differ as independent values would make them. */
  readonly dispersion: number;
}

/**
 * `same`: the interval lies within 5% of 1, or within the limit where that is narrower. `undecided`: not known yet, or
 * too few connections.
 */
export type CanaryVerdict = 'slower' | 'faster' | 'same' | 'undecided';

/** A quantile of the connections on the bypass to that of those on TCP. */
export interface QuantileRatio {
  readonly p: number;
  readonly bypass: Quantile | undefined;
  readonly tcp: Quantile | undefined;
  readonly ratio: number | undefined;
  readonly interval: Interval | undefined;
  readonly verdict: CanaryVerdict;
  /** The whole interval is above the limit. */
  readonly crossed: boolean;
}

/**
 * Values of one connection depend on each other, so they count for fewer: divided by the dispersion of the
 * parts around what they have in common (McCullagh and Nelder, "Generalized Linear Models", 1989, section
 * 4.5). With that the intervals are approximate.
 * @returns undefined where there are too few parts.
 */
function quantileOf(parts: Parts, p: number, alpha: number): Quantile | undefined {
  const held = parts.filter((part) => part.length > 0);
  const all = merge(held);
  const count = totalOf(all);
  const at = bucketAt(all, p * count);
  if (held.length < LEAST_PARTS || at === undefined) return undefined;
  const dispersion = dispersionOf(held, at, countUpTo(all, at) / count);
  const { low, high } = quantileParts(p, count / dispersion, alpha);
  const [below, above] = [bucketAt(all, low * count), bucketAt(all, high * count)];
  return {
    value: middleOf(all, p * count),
    interval: {
      low: low === 0 || below === undefined ? 0 : edgeOf(below),
      high: high === 1 || above === undefined ? Infinity : edgeOf(above + 1),
    },
    count,
    dispersion,
  };
}

/** Within its bucket, as if the values were spread evenly there. */
function middleOf(all: Histogram, rank: number): number {
  let before = 0;
  for (const [index, count] of all) {
    if (before + count >= rank) {
      const [low, high] = [edgeOf(index), edgeOf(index + 1)];
      return low + ((high - low) * (rank - before)) / count;
    }
    before += count;
  }
  return NaN;
}

/** Pearson's statistic of the counts up to a bucket over its degrees of freedom; at least 1. */
function dispersionOf(parts: readonly Histogram[], at: number, p: number): number {
  if (p >= 1) return 1;
  const sum = parts.reduce((total, part) => {
    const count = totalOf(part);
    return total + (countUpTo(part, at) - count * p) ** 2 / (count * p * (1 - p));
  }, 0);
  return Math.max(1, sum / (parts.length - 1));
}

/**
 * Compares a quantile of two groups that were measured at the same time. Each group's interval holds its quantile
 * at all times with probability 1 - alpha/2, so that of the ratio holds the ratio with 1 - alpha.
 * @param limit above 1: how many times as long it may take on the bypass.
 */
export function compareQuantile(
  { bypass, tcp }: { readonly bypass: Parts; readonly tcp: Parts },
  p: number,
  limit: number,
): QuantileRatio {
  const [subject, baseline] = [quantileOf(bypass, p, ALPHA / 2), quantileOf(tcp, p, ALPHA / 2)];
  if (subject === undefined || baseline === undefined) {
    return {
      p,
      bypass: subject,
      tcp: baseline,
      ratio: undefined,
      interval: undefined,
      verdict: 'undecided',
      crossed: false,
    };
  }
  const interval = {
    low: subject.interval.low / baseline.interval.high,
    high: baseline.interval.low === 0 ? Infinity : subject.interval.high / baseline.interval.low,
  };
  return {
    p,
    bypass: subject,
    tcp: baseline,
    ratio: subject.value / baseline.value,
    interval,
    verdict: verdictOf(interval, limit),
    crossed: interval.low > limit,
  };
}

function verdictOf({ low, high }: Interval, limit: number): CanaryVerdict {
  if (low > 1) return 'slower';
  if (high < 1) return 'faster';
  // A guardrail may allow more, which is no reason to say that nothing differs.
  const most = Math.min(limit, 1 + EQUIVALENCE);
  return high <= most && low >= 1 / most ? 'same' : 'undecided';
}
