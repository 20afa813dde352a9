import { edgeOf, totalOf, type Histogram } from './histogram.ts';

/** Buckets that are drawn as one: eight steps for each power of two. */
const TOGETHER = 8;
/** How much of a group's answers the picture leaves out, at each end. */
const TAIL = 0.001;

/** A step of the scale, and the parts of each group's answers that fall into it, from 0 to 1. */
export interface DistributionStep {
  /** Its middle. */
  readonly nanoseconds: number;
  readonly bypass: number;
  readonly tcp: number;
}

/**
 * Two groups' times on one scale, without the fastest and the slowest of 1000 answers: one that took a second
 * would press the others together.
 * @returns one step after the other, those that hold nothing too; empty where there are no answers.
 */
export function distributionSteps(bypass: Histogram, tcp: Histogram): DistributionStep[] {
  const groups = [bypass, tcp].map(partsOf);
  const all = groups.flatMap((group) => shown(group));
  if (all.length === 0) return [];
  const [first, last] = [Math.min(...all), Math.max(...all)];
  return Array.from({ length: last - first + 1 }, (_, index): DistributionStep => {
    const step = first + index;
    return {
      nanoseconds: (edgeOf(step * TOGETHER) + edgeOf((step + 1) * TOGETHER)) / 2,
      bypass: groups[0]?.get(step) ?? 0,
      tcp: groups[1]?.get(step) ?? 0,
    };
  });
}

function partsOf(histogram: Histogram): Map<number, number> {
  const total = totalOf(histogram);
  const parts = new Map<number, number>();
  for (const [index, count] of histogram) {
    const step = Math.floor(index / TOGETHER);
    parts.set(step, (parts.get(step) ?? 0) + count / total);
  }
  return parts;
}

/** The steps between the tails, in their order. */
function shown(parts: ReadonlyMap<number, number>): number[] {
  let below = 0;
  return Array.from(parts).flatMap(([step, part]) => {
    const before = below;
    below += part;
    return below > TAIL && before < 1 - TAIL ? [step] : [];
  });
}
