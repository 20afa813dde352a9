import { MAX_SLOWDOWN_PERCENT } from '../compare.ts';
import type { ResultDocument } from '../document.ts';
import { policyOf } from '../plan.ts';
import { bypassedShare, groupBy, isCompared } from '../samples.ts';
import { sizeKey } from '../sizes.ts';
import { tcpCheck } from '../tcpCheck.ts';
import type { FleetResult } from './protocol.ts';

/** A result's verdict on its host, in a word: whether the bypass is good enough to be left on, and whether it was used. */
export function fleetResult(document: ResultDocument): FleetResult {
  const own = document.samples.filter((one) => isCompared(one) && policyOf(one.arm) !== undefined);
  const shares = Array.from(
    groupBy(own, (one) => `${sizeKey(one)} ${one.arm}`).values(),
    (samples) => bypassedShare(samples).bypassed,
  ).filter((share) => share !== undefined);
  return {
    startedAt: document.startedAt,
    outcome: tcpCheck(document, MAX_SLOWDOWN_PERCENT).outcome,
    ...(shares.length > 0 && {
      bypassed: { least: Math.min(...shares), most: Math.max(...shares) },
    }),
  };
}
