import {
  max,
  mean,
  median,
  medianSorted,
  min,
  sampleStandardDeviation,
  sampleVariance,
} from 'simple-statistics';

/** Both ends belong to it. */
export type Interval = { readonly low: number; readonly high: number };

/** The samples of one arm at one point, in the unit of the samples. */
export type Spread = {
  readonly median: number;
  /** The extremes. */
  readonly low: number;
  readonly high: number;
  /** 95% interval of the median; absent below 6 samples, whose extremes hold it less often. */
  readonly interval?: Interval;
};

/** How many times as large one arm's values are as another's: 0.74 is 26% lower. */
export type Ratio = {
  /** Geometric mean of the ratios of the pairs. */
  readonly ratio: number;
  /** 95% interval of `ratio`; absent for a single pair, which says nothing about spread. */
  readonly interval?: Interval;
  /** How many pairs; of values that are not paired, how many the smaller side has. */
  readonly pairs: number;
};

/**
 * `same`: no difference that matters (see `EQUIVALENCE`). `unclear`: inconclusive, too few samples
 * or too noisy ones.
 */
export type Verdict = 'higher' | 'lower' | 'same' | 'unclear';

/**
 * Upper 97.5% points of Student's t for 1 to 30 degrees of freedom
 * (NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2).
 */
const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
] as const;

/** The normal distribution's, to which Student's t tends. */
const Z975 = 1.96;

/**
 * For any number of degrees of freedom from 1 on: between two entries of the table, and beyond its
 * end, linear in their reciprocals, as such tables are read. Within 0.1% from 10 on.
 */
export function t975(degreesOfFreedom: number): number {
  const below = Math.min(Math.floor(degreesOfFreedom), T975.length);
  const [from, to] = [T975[below - 1] ?? NaN, T975[below] ?? Z975];
  const end = below < T975.length ? 1 / (below + 1) : 0;
  const part = (1 / below - 1 / degreesOfFreedom) / (1 / below - end);
  return from + part * (to - from);
}

/**
 * Median, its interval and the extremes of at least one value.
 * @throws where there is none.
 */
export function spreadOf(values: readonly number[]): Spread {
  const list = [...values].sort((a, b) => a - b);
  const rank = medianRank(list.length);
  const [low, high] = [list[rank - 1], list[list.length - rank]];
  return {
    median: medianSorted(list),
    low: min(list),
    high: max(list),
    ...(low !== undefined && high !== undefined && { interval: { low, high } }),
  };
}

/**
 * The values with this rank from below and from above are the ends of the median's 95% interval,
 * however the values are distributed: fewer than `rank` of n tosses of a coin show heads in 2.5% of
 * cases at most. Source: Campbell and Gardner, "Calculating confidence intervals for some
 * non-parametric analyses", BMJ 296:1454, 1988.
 * @returns 0 below 6 values, which have no such interval.
 */
export function medianRank(n: number): number {
  // Beyond that a single case is too rare for a number of 64 bits: the normal approximation.
  if (n > 1000) return Math.floor((n - Z975 * Math.sqrt(n)) / 2);
  let [rank, below] = [0, 0];
  for (let cases = 0.5 ** n; ; cases *= (n - rank) / (rank + 1), rank++) {
    below += cases;
    if (below > 0.025 || rank * 2 > n) return rank;
  }
}

/**
 * Compares values measured side by side: each pair holds `[subject, baseline]` of one round, so
 * what slows a whole round down (another tenant, a hot CPU) cancels out.
 *
 * The logarithms of the ratios are averaged, with Student's t interval, and turned back. Of the
 * usual methods only this one keeps its 95% from 3 samples on: order statistics need 6 (the range
 * of 3 samples holds the median 75% of the time), and bootstrap intervals of so few come out too
 * narrow. Source: Bland and Altman, "The use of transformation when comparing two means",
 * BMJ 312:1153, 1996.
 *
 * @param step how coarsely the values were recorded, in their unit: a recorded 12 with step 1 may
 *   have been anything up to 13. The interval is widened by it on either side.
 * @returns undefined where there is no pair, or a value is not positive (a stalled run has no ratio).
 */
export function pairedRatio(
  pairs: readonly (readonly [subject: number, baseline: number])[],
  step = 0,
): Ratio | undefined {
  if (pairs.length === 0 || pairs.some((pair) => pair.some((value) => !(value > 0)))) {
    return undefined;
  }
  const logs = pairs.map(([subject, baseline]) => Math.log(subject / baseline));
  const centre = mean(logs);
  const ratio = Math.exp(centre);
  if (logs.length === 1) return { ratio, pairs: 1 };

  const margin = (t975(logs.length - 1) * sampleStandardDeviation(logs)) / Math.sqrt(logs.length);
  const subject = median(pairs.map((pair) => pair[0]));
  const baseline = median(pairs.map((pair) => pair[1]));
  return {
    ratio,
    interval: intervalOf(centre, margin, subject, baseline, step),
    pairs: logs.length,
  };
}

function intervalOf(
  centre: number,
  margin: number,
  subject: number,
  baseline: number,
  step: number,
): { low: number; high: number } {
  return {
    low: Math.exp(centre - margin) * (baseline / (baseline + step)),
    high: Math.exp(centre + margin) * ((subject + step) / subject),
  };
}

/**
 * Compares values of two runs, which have no rounds in common: the ratio of their geometric means,
 * subject to baseline, with Welch's interval of the difference of mean logarithms (variances may
 * differ). Source: B. L. Welch, "The generalization of 'Student's' problem when several different
 * population variances are involved", Biometrika 34:28, 1947.
 * @param step as for `pairedRatio`.
 * @returns undefined where a side has no values, or one that is not positive.
 */
export function unpairedRatio(
  subject: readonly number[],
  baseline: readonly number[],
  step = 0,
): Ratio | undefined {
  if (subject.length === 0 || baseline.length === 0) return undefined;
  if ([...subject, ...baseline].some((value) => !(value > 0))) return undefined;
  const [own, other] = [subject.map(Math.log), baseline.map(Math.log)];
  const centre = mean(own) - mean(other);
  const ratio = Math.exp(centre);
  const pairs = Math.min(own.length, other.length);
  if (pairs < 2) return { ratio, pairs };

  const [a, b] = [sampleVariance(own) / own.length, sampleVariance(other) / other.length];
  // Satterthwaite's approximation; where nothing varies there is no margin to compute.
  const degreesOfFreedom = (a + b) ** 2 / (a ** 2 / (own.length - 1) + b ** 2 / (other.length - 1));
  const margin = a + b === 0 ? 0 : t975(degreesOfFreedom) * Math.sqrt(a + b);
  const medians = [median([...subject]), median([...baseline])] as const;
  return { ratio, interval: intervalOf(centre, margin, ...medians, step), pairs };
}

/**
 * How well a ratio is known: half the width of its 95% interval on the logarithmic scale, as a part
 * of the ratio. 0.05: it lies between 1/1.05 and 1.05 of what it is thought to be. Infinity without an interval.
 */
export const precisionOf = ({ interval }: Ratio): number =>
  interval === undefined ? Infinity : Math.sqrt(interval.high / interval.low) - 1;

/** Differences of up to 5% either way are none that matter: a quiet host has as much between two boots. */
export const EQUIVALENCE = 0.05;

/**
 * The verdict on a ratio, from its whole interval: within `EQUIVALENCE` of 1, above 1, below 1,
 * or nothing. An interval beside 1 but within that margin is a difference too small to matter.
 * Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach for
 * assessing the equivalence of average bioavailability", J. Pharmacokinet. Biopharm. 15:657, 1987;
 * with the 95% interval in place of the 90% one, which errs towards `unclear`.
 */
export function verdictOf({ interval }: Ratio): Verdict {
  if (!interval) return 'unclear';
  const { low, high } = interval;
  if (low >= 1 / (1 + EQUIVALENCE) && high <= 1 + EQUIVALENCE) return 'same';
  if (low > 1) return 'higher';
  return high < 1 ? 'lower' : 'unclear';
}
