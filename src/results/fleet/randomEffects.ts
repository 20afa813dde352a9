import { t975, type Interval } from '../statistics.ts';

/** One estimate, such as a host's, on a scale on which effects add up, and the variance of its error. */
export interface Estimate {
  readonly effect: number;
  readonly variance: number;
}

/** Several estimates combined, on their scale. */
export interface RandomEffects {
  readonly mean: number;
  /** 95% confidence interval of the mean. */
  readonly interval: Interval;
  /** Within which the true effect of one more of the kind lies in 95% of cases; absent below three estimates. */
  readonly prediction?: Interval;
  /** The standard deviation of the true effects. */
  readonly tau: number;
  /** The part of the variation between estimates that is none of their errors, 0 to 1. */
  readonly iSquared: number;
  /** Cochran's statistic of heterogeneity, of as many degrees of freedom as there are estimates, less one. */
  readonly q: number;
}

/**
 * The mean of effects that differ themselves, and are known each with an error of its own. Its weights and the
 * variance of the true effects: DerSimonian and Laird, "Meta-analysis in clinical trials", Control. Clin. Trials
 * 7:177, 1986. Its interval: Hartung and Knapp, "A refined method for the meta-analysis of controlled clinical
 * trials with binary outcome", Stat. Med. 20:3875, 2001, and Sidik and Jonkman, "A simple confidence interval for
 * meta-analysis", Stat. Med. 21:3153, 2002, never narrower than that of the errors alone (Knapp and Hartung,
 * "Improved tests for a random effects meta-regression with a single covariate", Stat. Med. 22:2693, 2003). I²
 * and the prediction interval: Higgins, Thompson and Spiegelhalter, "A re-evaluation of random-effects
 * meta-analysis", J. R. Stat. Soc. A 172:137, 2009.
 * @param estimates of variances above 0.
 * @returns undefined below two estimates.
 */
export function randomEffects(estimates: readonly Estimate[]): RandomEffects | undefined {
  const count = estimates.length;
  if (count < 2) return undefined;
  const fixed = weighted(estimates, ({ variance }) => 1 / variance);
  const q = fixed.scatter;
  const excess = q - (count - 1);
  const tauSquared = Math.max(0, excess / (fixed.sum - fixed.sumOfSquares / fixed.sum));
  const { mean, sum, scatter } = weighted(estimates, ({ variance }) => 1 / (variance + tauSquared));
  const error = Math.sqrt(Math.max(1, scatter / (count - 1)) / sum);
  const around = (margin: number): Interval => ({ low: mean - margin, high: mean + margin });
  return {
    mean,
    interval: around(t975(count - 1) * error),
    ...(count > 2 && {
      prediction: around(t975(count - 2) * Math.hypot(error, Math.sqrt(tauSquared))),
    }),
    tau: Math.sqrt(tauSquared),
    iSquared: q > 0 ? Math.max(0, excess / q) : 0,
    q,
  };
}

/** The weighted mean, the sums of the weights and of their squares, and the weighted squares of the distances from it. */
function weighted(estimates: readonly Estimate[], weightOf: (one: Estimate) => number) {
  const weights = estimates.map(weightOf);
  const total = (value: (one: Estimate) => number) =>
    estimates.reduce((before, one, place) => before + (weights[place] ?? 0) * value(one), 0);
  const sum = total(() => 1);
  const mean = total(({ effect }) => effect) / sum;
  return {
    mean,
    sum,
    sumOfSquares: weights.reduce((before, weight) => before + weight ** 2, 0),
    scatter: total(({ effect }) => (effect - mean) ** 2),
  };
}
