import type { Series } from './figure.ts';
import type { Finding, ShareGroup } from './finding.ts';
import { ALL, doubtOf } from './samples.ts';

/**
 * How much of what a bypass sent went by it, by its programs' own count: where they had given a
 * stream back to TCP, it is TCP that was measured.
 * @param series of one arm of a run; of those that share a size the least counts.
 * @param sizes of their figure, in bytes.
 * @returns undefined where nothing was counted.
 */
export function bypassedShareOf(
  series: readonly Series[],
  sizes: readonly number[],
): Finding | undefined {
  const [first] = series;
  if (!first) return undefined;
  const groups: ShareGroup[] = [];
  for (const [place, size] of sizes.entries()) {
    const details = series.flatMap(({ points }) => points[place]?.details ?? []);
    const parts = details.flatMap(({ bypassed }) => bypassed ?? []);
    if (parts.length === 0) continue;
    const least = Math.min(...parts);
    const amount = amountOf(
      least,
      details.some(({ shared }) => shared !== undefined),
    );
    const last = groups.at(-1);
    if (last?.amount === amount) {
      groups[groups.length - 1] = {
        amount,
        sizes: [...last.sizes, size],
        low: Math.min(last.low, least),
        high: Math.max(last.high, least),
      };
    } else groups.push({ amount, sizes: [size], low: least, high: least });
  }
  if (groups.length === 0) return undefined;
  const shared = series.some(({ points }) => points.some((point) => point?.details.shared));
  return { kind: 'bypassedShare', arm: first.arm, groups, shared };
}

function amountOf(least: number, isShared: boolean): ShareGroup['amount'] {
  if (least >= ALL) return 'all';
  const doubt = doubtOf({ bypassed: least, shared: isShared ? 1 : undefined });
  if (doubt !== undefined) return doubt === 'tcp' ? 'hardly' : 'unknown';
  return isShared ? 'least' : 'some';
}
