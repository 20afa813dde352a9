import * as l10n from '@vscode/l10n';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_LIMITS, isNetwork, LIMIT_RANGES, type GuardedLimits } from '../bypass/config.ts';
import type { ResultDocument } from '../results/document.ts';
import { FACT_LABELS } from '../results/words/differenceTexts.ts';

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
      return l10n.t(
        'the run was measured with {0} {1}, and here it is {2}',
        FACT_LABELS[fact],
        before,
        after,
      );
    }
  }
  const [before, after] = [cut.host.machine, now.host.machine];
  if (before !== undefined && after !== undefined && before !== after) {
    return l10n.t('the run was measured on another machine that was called {0}', cut.host.name);
  }
  // Limits are of programs that were loaded for the run; an older document of one has none.
  if (cut.limits !== undefined && now.limits === undefined)
    return l10n.t(
      'the run loaded programs of its own, and by now a bypass is loaded on its cgroup',
    );
  // A document of an earlier version does not say how far they reached.
  const of = ({ reach = now.programs.reach, ...programs }: typeof now.programs) => ({
    ...programs,
    reach,
  });
  if (isDeepStrictEqual(of(cut.programs), of(now.programs))) return undefined;
  return cut.programs.policy === now.programs.policy
    ? l10n.t('the programs that are loaded are not those the run was measured with')
    : l10n.t(
        'the run was measured with the {0} policy loaded, now it is the {1} one',
        cut.programs.policy,
        now.programs.policy,
      );
}

const FACTS = ['name', 'kernel', 'architecture', 'cpuModel', 'cpus', 'netperf'] as const;

/** Why a load does not take the limits of a document, which may be anybody's; undefined: it does. */
export function limitsFault(limits: GuardedLimits): string | undefined {
  const values = [
    ['queueBoundMiB', (limits.queueBound ?? DEFAULT_LIMITS.queueBound) / 2 ** 20],
    ['oneWayLimit', limits.oneWayLimit ?? DEFAULT_LIMITS.oneWayLimit],
    ['maxSockets', limits.maxSockets ?? DEFAULT_LIMITS.maxSockets],
  ] as const;
  for (const [name, value] of values) {
    const [least, most] = LIMIT_RANGES[name];
    if (value < least || value > most)
      return l10n.t('its limit {0} is not from {1} to {2}', name, least, most);
  }
  const odd = (limits.localNetworks ?? []).find((one) => !isNetwork(one));
  return odd === undefined
    ? undefined
    : l10n.t('its limits name {0}, which is not a network', JSON.stringify(odd));
}
