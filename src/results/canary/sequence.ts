import { gammaln } from 'simple-statistics';

/** Where the intervals are narrowest: at about nine times as many values. Elsewhere they are valid as well. */
const TUNED_TO = 1000;

/**
 * The parts of a sample below which its population's quantile may lie: an interval that holds it at
 * all times at once with probability 1 - alpha, however often one looks and whenever one stops.
 *
 * How many values lie below the true quantile p is a sum of tosses with chance p. The ratio of its likelihood
 * under a beta mixture of chances to that under p is a martingale that begins at 1, and reaches 1/alpha with
 * probability alpha at most (Ville); the interval holds the parts for which it has not. Sources: Howard and
 * Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm identification",
 * Bernoulli 28(3), 2022; the mixture: Robbins, "Statistical methods related to the law of the iterated
 * logarithm", Annals of Mathematical Statistics 41(5), 1970.
 * @param count of independent values; may be a fraction.
 */
export function quantileParts(
  p: number,
  count: number,
  alpha: number,
): { readonly low: number; readonly high: number } {
  const [a, b] = [p * TUNED_TO, (1 - p) * TUNED_TO];
  const start = gammaln(a) + gammaln(b) - gammaln(a + b);
  const reached = (part: number): boolean => {
    const below = part * count;
    const above = count - below;
    const mixture = gammaln(a + below) + gammaln(b + above) - gammaln(a + b + count) - start;
    return mixture - below * Math.log(p) - above * Math.log(1 - p) >= Math.log(1 / alpha);
  };
  return { low: boundary(p, 0, reached), high: boundary(p, 1, reached) };
}

/** Between `inside` and the farther `outside`, by halving; `outside` where nothing is reached. */
function boundary(inside: number, outside: number, reached: (part: number) => boolean): number {
  if (!reached(outside)) return outside;
  let [near, far] = [inside, outside];
  for (let step = 0; step < 50; step++) {
    const middle = (near + far) / 2;
    if (reached(middle)) far = middle;
    else near = middle;
  }
  return far;
}
