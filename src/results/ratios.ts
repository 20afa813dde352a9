import { doubtOf, type BypassedShare, type ShareDoubt } from './samples.ts';
import { pairedRatio, unpairedRatio, type Ratio } from './statistics.ts';

/** Why something is compared with nothing. `idle`: almost nothing was moved on one side. */
export type Doubt = ShareDoubt | 'idle';

/** A ratio, or why there is none; neither where nothing can be divided (`pairedRatio`). */
export type Compared =
  | { readonly ratio?: Ratio; readonly doubt?: undefined }
  | { readonly doubt: Doubt; readonly ratio?: undefined };

/** No two ways through one kernel differ by this factor: one of the two has moved next to nothing. */
export const MOST_TIMES = 1000;

/**
 * Every ratio of what was measured is made by these two functions, whether between variants or between
 * runs: none is made of a bypass that was hardly used, nor with a side on which nothing moved.
 * @param sides how much of the subject's and of the baseline's bytes went by the bypass.
 * @param pairs see `pairedRatio`, as for `step`.
 */
export const ratioOfRounds = (
  sides: readonly BypassedShare[],
  pairs: Parameters<typeof pairedRatio>[0],
  step?: number,
): Compared => guarded(sides, () => pairedRatio(pairs, step));

/** The same of two that have no rounds in common. @param step see `unpairedRatio`. */
export const ratioOfRuns = (
  sides: readonly BypassedShare[],
  subject: readonly number[],
  baseline: readonly number[],
  step?: number,
): Compared => guarded(sides, () => unpairedRatio(subject, baseline, step));

function guarded(sides: readonly BypassedShare[], make: () => Ratio | undefined): Compared {
  const doubt = sides.map(doubtOf).find((each) => each !== undefined);
  if (doubt !== undefined) return { doubt };
  const ratio = make();
  if (ratio === undefined) return {};
  return isIdle(ratio) ? { doubt: 'idle' } : { ratio };
}

const isIdle = ({ ratio }: Ratio): boolean => ratio > MOST_TIMES || ratio < 1 / MOST_TIMES;
