import type { Arm, ResultDocument } from './document.ts';
import { policyOf, topologyOf } from './plan.ts';
import { isCompared } from './samples.ts';
import type { Ratio } from './statistics.ts';
import { ARM_ORDER } from './arms.ts';
import {
  compareDocuments,
  hasStopped,
  isDoubted,
  MAX_SLOWDOWN_PERCENT,
  type Comparison,
  type Difference,
} from './compare.ts';

/** Exit statuses of a run that is compared with a saved one; `failed` also means inconclusive. */
export const EXIT = { good: 0, failed: 1, worse: 2 } as const;

/** Why the runs do not show whether the bypass got slower. */
export type Gap =
  /** One is of the loopback device, the other of two namespaces. */
  | { readonly kind: 'topologies' }
  | { readonly kind: 'nothingInCommon' }
  | { readonly kind: 'armMissing'; readonly run: 'before' | 'after'; readonly arm: Arm }
  | { readonly kind: 'mostlyTcp' }
  /** The bypass carried data in one run and hardly any in the other. */
  | { readonly kind: 'doubtful'; readonly difference: Difference }
  | { readonly kind: 'stalls'; readonly difference: Difference }
  | { readonly kind: 'fewRounds'; readonly difference: Difference };

/** A run compared with a saved one. `words/regressionLines.ts` makes the sentences. */
export type RegressionCheck = {
  readonly outcome: 'good' | 'worse' | 'inconclusive';
  /** In percent. */
  readonly maxSlowdown: number;
  readonly notes: Comparison['notes'];
  /** The rates of all arms, those of the bypass that got slower among them. */
  readonly rates: readonly Difference[];
  readonly worse: readonly Difference[];
  /** Only of an outcome that is not `worse`; an inconclusive one has at least one. */
  readonly gaps: readonly Gap[];
};

/**
 * Whether the bypass got slower since a saved run.
 * @param maxSlowdown in percent, see `regressions`.
 */
export function regressionCheck(
  before: ResultDocument,
  after: ResultDocument,
  maxSlowdown: number = MAX_SLOWDOWN_PERCENT,
): RegressionCheck {
  const comparison = compareDocuments(before, after);
  const isOther = topologyOf(before.plan) !== topologyOf(after.plan);
  const worse = isOther ? [] : regressions(comparison, maxSlowdown);
  const gaps = worse.length > 0 ? [] : gapsOf(before, after, comparison);
  const settled = gaps.length > 0 ? 'inconclusive' : 'good';
  return {
    outcome: worse.length > 0 ? 'worse' : settled,
    maxSlowdown,
    notes: comparison.notes,
    rates: comparison.differences.filter(({ figure }) => figure === 'rate'),
    worse,
    gaps,
  };
}

/** The exit status of a command or task that made the check. */
export const exitOf = ({ outcome }: RegressionCheck): number =>
  ({ good: EXIT.good, worse: EXIT.worse, inconclusive: EXIT.failed })[outcome];

/**
 * Where the bypass got slower for sure: the whole interval of its rate lies below what is allowed,
 * and so does that of its ratio to TCP, for a host that is slower as a whole, as shared ones often
 * are, says nothing about the bypass; or nothing goes by it any more. TCP's own arms do not count. Of
 * runs without a bypass all do.
 * @param maxSlowdown in percent.
 */
export function regressions(
  { differences }: Comparison,
  maxSlowdown: number = MAX_SLOWDOWN_PERCENT,
): Difference[] {
  const least = 1 - maxSlowdown / 100;
  const isSlower = (ratio: Ratio | undefined, better: Difference['better']): boolean =>
    ratio?.interval !== undefined &&
    (better === 'higher' ? ratio.interval.high < least : ratio.interval.low * least > 1);
  return checkedRates(differences).filter((one) => {
    const { ratio, againstTcp, better } = one;
    const isAlsoToTcp = againstTcp === undefined || isSlower(againstTcp, 'higher');
    return hasStopped(one) || (isSlower(ratio, better) && isAlsoToTcp);
  });
}

/** The rates of the bypass; of runs without one, all. */
function checkedRates(differences: readonly Difference[]): Difference[] {
  const rates = differences.filter(({ figure }) => figure === 'rate');
  const bypass = rates.filter(({ arm }) => policyOf(arm) !== undefined);
  return bypass.length > 0 ? bypass : rates;
}

/** It was the bypass, and is no more: that cannot pass for as fast. */
const gaveUp = ({ doubts }: Difference): boolean =>
  doubts.before === undefined && doubts.after !== undefined;

/**
 * Why the runs do not show whether the bypass got slower: `regressions` finds nothing where there is
 * nothing to compare. Empty: they do.
 */
function gapsOf(before: ResultDocument, after: ResultDocument, { differences }: Comparison): Gap[] {
  const arms = ({ samples }: ResultDocument) =>
    new Set(samples.filter(isCompared).map(({ arm }) => arm));
  if (topologyOf(before.plan) !== topologyOf(after.plan)) return [{ kind: 'topologies' }];
  const [old, now] = [arms(before), arms(after)];
  const common = checkedRates(differences);
  if (common.length === 0) return [{ kind: 'nothingInCommon' }];
  const hasBypass = common.some(({ arm }) => policyOf(arm) !== undefined);
  const missing = ARM_ORDER.filter((arm) => policyOf(arm) !== undefined).flatMap((arm): Gap[] => {
    if (common.some((one) => one.arm === arm)) return [];
    if (old.has(arm)) return [{ kind: 'armMissing', run: 'after', arm }];
    return now.has(arm) && !hasBypass ? [{ kind: 'armMissing', run: 'before', arm }] : [];
  });
  if (common.every((one) => one.verdict === 'not compared' && !gaveUp(one))) {
    return [{ kind: 'mostlyTcp' }];
  }
  const open = common.flatMap((difference): Gap[] => {
    const { ratio, againstTcp = ratio, stalls } = difference;
    if (hasStopped(difference)) return [];
    if (gaveUp(difference)) return [{ kind: 'doubtful', difference }];
    if (isDoubted(difference)) return [];
    if (stalls.after.stalled * stalls.before.rounds > stalls.before.stalled * stalls.after.rounds) {
      return [{ kind: 'stalls', difference }];
    }
    return ratio?.interval === undefined || againstTcp?.interval === undefined
      ? [{ kind: 'fewRounds', difference }]
      : [];
  });
  return [...missing, ...open];
}
