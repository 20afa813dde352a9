import type { Series } from './figure.ts';
import { part } from './format.ts';
import { doubtOf } from './samples.ts';
import { ARM_LABELS } from './arms.ts';
import { bytes } from './sizes.ts';

/** From this part on, all but a handshake did. */
const ALL = 0.99;

type Kind = 'hardly' | 'some' | 'all' | 'unknown' | 'least';
type Group = { readonly kind: Kind; sizes: number[]; parts: number[] };

/**
 * How much of what a bypass sent went by it, by its programs' own count: where they had given a
 * stream back to TCP, it is TCP that was measured.
 * @param series of one arm of a run; of those that share a size the least counts.
 * @param sizes of their figure, in bytes.
 */
export function proofWords(series: readonly Series[], sizes: readonly number[]): string[] {
  const [first] = series;
  if (!first) return [];
  const groups: Group[] = [];
  for (const [place, size] of sizes.entries()) {
    const details = series.flatMap(({ points }) => points[place]?.details ?? []);
    const parts = details.flatMap(({ bypassed }) => bypassed ?? []);
    if (parts.length === 0) continue;
    const least = Math.min(...parts);
    const isShared = details.some(({ shared }) => shared !== undefined);
    const kind = kindOf(least, isShared);
    const last = groups.at(-1);
    if (last?.kind === kind) {
      last.sizes.push(size);
      last.parts.push(least);
    } else groups.push({ kind, sizes: [size], parts: [least] });
  }
  if (groups.length === 0) return [];
  const name = ARM_LABELS[first.arm];
  const phrases = groups.map(
    (group) => `${amountOf(group)} ${groups.length === 1 ? 'at every size' : at(group)}`,
  );
  const given = groups.some(({ kind }) => kind === 'hardly')
    ? ' Where that is hardly anything, the stream was on TCP, and TCP is what was measured.'
    : '';
  const shared = series.some(({ points }) => points.some((point) => point?.details.shared))
    ? ' Other programs used the same bypass meanwhile: what they sent counts as little as what the loopback device may have carried.'
    : '';
  return [`Of its bytes, ${name} redirected ${phrases.join(', ')}.${given}${shared}`];
}

function kindOf(least: number, isShared: boolean): Kind {
  if (least >= ALL) return 'all';
  const doubt = doubtOf({ bypassed: least, shared: isShared ? 1 : undefined });
  if (doubt !== undefined) return doubt === 'tcp' ? 'hardly' : 'unknown';
  return isShared ? 'least' : 'some';
}

function amountOf({ kind, parts }: Group): string {
  if (kind === 'hardly') return 'less than 1%';
  if (kind === 'unknown') return 'an unknown part';
  if (kind === 'all') return 'at least 99%';
  const [low, high] = [part(Math.min(...parts)), part(Math.max(...parts))];
  if (kind === 'least') return `at least ${low}`;
  return low === high ? low : `${low} to ${high}`;
}

function at({ sizes }: Group): string {
  const [first, last] = [bytes(sizes[0] ?? 0), bytes(sizes.at(-1) ?? 0)];
  return sizes.length === 1 ? `at ${first}` : `from ${first} to ${last}`;
}
