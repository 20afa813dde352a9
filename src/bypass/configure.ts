import * as l10n from '@vscode/l10n';
import { existingCgroup } from '../host/cgroups.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { outputOf } from '../host/run.ts';
import { withNotes, type BypassStatus } from './attachment.ts';
import { setupBatch, type GuardedLimits, type Mode, type Reach } from './config.ts';
import { readStatus } from './status.ts';

export interface ConfigureOptions {
  /** One of the cgroups of the bypass. */
  readonly cgroup: string;
  /** As it is, by default; likewise the reach. */
  readonly mode?: Mode | undefined;
  readonly reach?: Reach | undefined;
  /** Percentage of new connections that are bypassed from now on; as it is, by default. */
  readonly share?: number | undefined;
  /** `maxSockets` is fixed when the map is made, and ignored here. */
  readonly limits?: GuardedLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tells the guarded programs of a bypass a new mode, new limits, a new reach, a new share and the host's addresses as they
 * are now, while they run. Live connections obey it with their next message; one that was switched off
 * stays on TCP. Switching off touches nothing but the mode; a bypass that is off gets new limits alone.
 * @throws HostError of kind `not-found` where no guarded programs are attached and pinned.
 */
export async function configureBypass(
  host: Host,
  { cgroup: named, mode: wanted, reach, share, limits = {}, signal }: ConfigureOptions,
): Promise<BypassStatus> {
  const { facts, mount } = await host.ready('control', signal);
  const cgroup = await existingCgroup(host, mount, named, signal);
  const { attachments } = await readStatus(host, signal);
  const found = attachments.find((one) => one.cgroups.includes(cgroup) && one.state === 'attached');
  if (found?.pins === undefined || found.config === undefined) {
    throw new HostError({
      kind: 'not-found',
      tried: l10n.t('change the policy'),
      where: host.name,
      words:
        found === undefined
          ? l10n.t('nothing is loaded on {0}', cgroup)
          : l10n.t('the programs on {0} are the classic ones, which have no configuration', cgroup),
      next: l10n.t('Load the guarded policy there first.'),
    });
  }
  const mode = wanted ?? found.config.mode;
  const argv = scriptArgv(
    'ctl_configure',
    found.pins,
    reach ?? found.config.reach,
    String(share ?? found.config.share ?? 100),
    ...(mode === 'off' ? [] : found.cgroups),
  );
  const { queueBound, oneWayLimit } =
    wanted === 'off' ? found.config : { ...found.config, ...limits };
  const tried = l10n.t('tell the programs their policy');
  const result = await host.transact(argv, {
    tried,
    root: true,
    signal,
    input: setupBatch(
      facts.architecture,
      mode === 'off' ? { queueBound, oneWayLimit } : limits,
      mode,
    ),
  });
  const text = outputOf(result, { argv, tried, where: host.name });
  const notes = Array.from(text.matchAll(/^note (.*)$/gm), ([, name = '']) => name);
  return withNotes(await readStatus(host, signal), notes);
}
