import { max, mean, median, min, sampleStandardDeviation } from 'simple-statistics';

/** The samples of one arm at one point, in the unit of the samples. `low` and `high` are the extremes: 3 to 10 samples have no tails to cut. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number };

/** How many times as large one arm's values are as another's: 0.74 is 26% lower. */
export type Ratio = {
  /** Geometric mean of the ratios of the pairs. */
  readonly ratio: number;
  /** 95% interval of `ratio`; absent for a single pair, which says nothing about spread. */
  readonly interval?: { readonly low: number; readonly high: number };
  readonly pairs: number;
};

export type Verdict = 'higher' | 'lower' | 'unclear';

/**
 * Upper 97.5% points of Student's t for 1 to 30 degrees of freedom
 * (NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2).
 */
const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
] as const;

/** Beyond the table its last value serves: at most 4% too wide, never too narrow. */
function t975(degreesOfFreedom: number): number {
  return T975[degreesOfFreedom - 1] ?? T975[T975.length - 1] ?? NaN;
}

/**
 * Median and extremes of at least one value.
 * @throws where there is none.
 */
export function spreadOf(values: readonly number[]): Spread {
  const list = [...values];
  return { median: median(list), low: min(list), high: max(list) };
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
  const interval = {
    low: Math.exp(centre - margin) * (baseline / (baseline + step)),
    high: Math.exp(centre + margin) * ((subject + step) / subject),
  };
  return { ratio, interval, pairs: logs.length };
}

/** What a ratio allows to say: nothing, unless the whole interval lies on one side of 1. */
export function verdictOf(ratio: Ratio): Verdict {
  if (!ratio.interval) return 'unclear';
  if (ratio.interval.low > 1) return 'higher';
  if (ratio.interval.high < 1) return 'lower';
  return 'unclear';
}
