import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_LIMITS, isNetwork, LIMIT_RANGES, type GuardedLimits } from '../bypass/config.ts';
import type { ResultDocument } from '../results/document.ts';

/**
 * Why a run cannot go on where it was cut off; undefined: it can.
 * @param now what is there today.
 */
export function resumeFault(
  cut: Pick<ResultDocument, 'host' | 'programs' | 'limits'>,
  now: Pick<ResultDocument, 'host' | 'programs' | 'limits'>,
): string | undefined {
  for (const fact of FACTS) {
    const [before = 'unknown', after = 'unknown'] = [cut.host[fact], now.host[fact]];
    if (before !== after) {
      return `the run was measured with ${FACT_WORDS[fact]} ${before}, and this is ${after}`;
    }
  }
  const [before, after] = [cut.host.machine, now.host.machine];
  if (before !== undefined && after !== undefined && before !== after) {
    return `the run was measured on another machine that was called ${cut.host.name}`;
  }
  // Limits are of programs that were loaded for the run; an older document of one has none.
  if (cut.limits !== undefined && now.limits === undefined)
    return 'the run loaded programs of its own, and by now a bypass is loaded on its cgroup';
  // A document of an earlier version does not say how far they reached.
  const of = ({ reach = now.programs.reach, ...programs }: typeof now.programs) => ({
    ...programs,
    reach,
  });
  if (isDeepStrictEqual(of(cut.programs), of(now.programs))) return undefined;
  return cut.programs.policy === now.programs.policy
    ? 'the programs that are loaded are not those the run was measured with'
    : `the run was measured with the ${cut.programs.policy} policy loaded, now it is the ${now.programs.policy} one`;
}

const FACT_WORDS = {
  name: 'host',
  kernel: 'kernel',
  architecture: 'architecture',
  cpuModel: 'CPU',
  cpus: 'a number of CPUs of',
  netperf: 'netperf',
} as const;
const FACTS = Object.keys(FACT_WORDS) as (keyof typeof FACT_WORDS)[];

/** Why a load does not take the limits of a document, which may be anybody's; undefined: it does. */
export function limitsFault(limits: GuardedLimits): string | undefined {
  const values = [
    ['queueBoundMiB', (limits.queueBound ?? DEFAULT_LIMITS.queueBound) / 2 ** 20],
    ['oneWayLimit', limits.oneWayLimit ?? DEFAULT_LIMITS.oneWayLimit],
    ['maxSockets', limits.maxSockets ?? DEFAULT_LIMITS.maxSockets],
  ] as const;
  for (const [name, value] of values) {
    const [least, most] = LIMIT_RANGES[name];
    if (value < least || value > most) return `its limit ${name} is not from ${least} to ${most}`;
  }
  const odd = (limits.localNetworks ?? []).find((one) => !isNetwork(one));
  return odd === undefined
    ? undefined
    : `its limits name ${JSON.stringify(odd)}, which is not a network`;
}
