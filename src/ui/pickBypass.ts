import { bypassStatus } from '../bypass/load.ts';
import type { Attachment } from '../bypass/attachment.ts';
import { REACH_LABELS } from '../bypass/reachWords.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { listed, shortIds } from '../text.ts';
import { Pointed } from './pointed.ts';
import { pickOrType, type Item } from './quickPick.ts';
import { withProgress } from './progress.ts';

/** A bypass that was chosen. */
export interface ChosenBypass {
  readonly bypass: Attachment;
  /** Names it: one of its cgroups; where all are gone an old name, or the pin directory, which has no other. */
  readonly cgroup: string;
}

/**
 * Asks for one of the bypasses of a host; without a question where there is just one.
 * @param remains whether what is no longer attached can be chosen, too.
 * @param pointed the command's argument: a bypass that a person pointed at is not asked for.
 */
export async function pickBypass(
  context: Context,
  name: string,
  title: string,
  { remains, pointed }: { remains: boolean; pointed?: unknown },
): Promise<ChosenBypass | undefined> {
  const { attachments } = await withProgress(
    `Reading the bypass status of ${name}`,
    async (_report, signal) => bypassStatus(await context.host(name), signal),
  );
  const items = attachments.flatMap((bypass): Item<ChosenBypass>[] => {
    const { cgroup = bypass.gone[0] ?? bypass.pins, state } = bypass;
    if (cgroup === undefined || (!remains && state !== 'attached')) return [];
    return [{ label: shortIds(cgroup), description: describe(bypass), value: { bypass, cgroup } }];
  });
  if (items.length === 0) {
    throw new HostError({
      kind: 'not-found',
      tried: 'find a bypass',
      where: name,
      words: 'no sockmap bypass is loaded',
      next: 'Load it first.',
    });
  }
  const named = pointed instanceof Pointed ? pointed.cgroup : undefined;
  const wanted = items.find(({ value: { bypass, cgroup } }) =>
    named === undefined ? items.length === 1 : cgroup === named || bypass.cgroups.includes(named),
  );
  if (wanted !== undefined) return { ...wanted.value, cgroup: named ?? wanted.value.cgroup };
  return pickOrType(items, { title, placeholder: 'Choose a cgroup' });
}

function describe({ cgroups, state, policy, config }: Attachment): string {
  const others = cgroups.slice(1);
  const parts = others.length === 0 ? [] : [`and ${listed(others)}`];
  if (state === 'loading') parts.push('being loaded');
  else if (state !== 'attached')
    parts.push(`left behind${cgroups.length === 0 ? ', its cgroup is gone' : ''}`);
  else {
    parts.push(config?.mode === 'off' ? `${policy}, switched off` : policy);
    if (config?.reach === 'host') parts.push(REACH_LABELS.host);
  }
  return parts.join(' · ');
}
