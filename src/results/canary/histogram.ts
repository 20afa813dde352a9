/**
 * Times of one group of connections, as the observer counts them: below 64 ns exactly, above in 64 buckets
 * for each power of two, so that a bucket is 0.8 to 1.6% wide (the layout of HdrHistogram, Gil Tene).
 */
const STEPS = 64;
const OCTAVES = 31;
export const BUCKETS = STEPS * (OCTAVES + 1);

/** A bucket: its number and how many values it holds. */
export type Bucket = readonly [index: number, count: number];

/** Sorted by index; each index at most once, each count above 0. */
export type Histogram = readonly Bucket[];

/** @returns the bucket of a value in nanoseconds. */
export function bucketOf(nanoseconds: number): number {
  const shift = Math.max(0, Math.floor(Math.log2(Math.max(nanoseconds, 1))) - 6);
  return Math.min(BUCKETS - 1, STEPS * shift + Math.floor(nanoseconds / 2 ** shift));
}

/** The least value of a bucket, in nanoseconds. */
export function edgeOf(index: number): number {
  if (index < STEPS) return index;
  const shift = Math.floor(index / STEPS) - 1;
  return (index - STEPS * shift) * 2 ** shift;
}

export const totalOf = (histogram: Histogram): number =>
  histogram.reduce((sum, [, count]) => sum + count, 0);

export function merge(histograms: readonly Histogram[]): Histogram {
  const counts = new Map<number, number>();
  for (const [index, count] of histograms.flat())
    counts.set(index, (counts.get(index) ?? 0) + count);
  return Array.from(counts).sort(([a], [b]) => a - b);
}

/** @returns how many values are in the buckets up to that one. */
export const countUpTo = (histogram: Histogram, last: number): number =>
  totalOf(histogram.filter(([index]) => index <= last));

/**
 * @param rank from 1; fractions are rounded up.
 * @returns the bucket of the value with that rank, undefined where there are fewer.
 */
export function bucketAt(histogram: Histogram, rank: number): number | undefined {
  let count = 0;
  for (const [index, many] of histogram) {
    count += many;
    if (count >= rank) return index;
  }
  return undefined;
}
