import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scratchDirectory } from '../host/scratch.ts';
import type { GuardedLimits, Mode } from './config.ts';
import { existingCgroup, requireFacts, uploadSetup } from './load.ts';
import { CONFIGURE } from './scripts.ts';
import { readStatus, type BypassStatus } from './status.ts';

export interface ConfigureOptions {
  readonly cgroup: string;
  readonly mode: Mode;
  /** `maxSockets` is fixed when the map is made, and ignored here. */
  readonly limits?: GuardedLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tells the guarded programs of a cgroup a new mode, new limits and the host's addresses as they are
 * now, while they run. Live connections heed it with their next message; one that was switched off
 * stays on TCP.
 * @throws HostError of kind `not-found` where no guarded programs are attached and pinned.
 */
export async function configureBypass(
  host: Host,
  { cgroup: named, mode, limits = {}, signal }: ConfigureOptions,
): Promise<BypassStatus> {
  await host.becomeRoot(signal);
  const { facts, mount } = await requireFacts(host, undefined, signal);
  const cgroup = await existingCgroup(host, mount, named, signal);
  const { attachments } = await readStatus(host, mount, signal);
  const found = attachments.find((one) => one.cgroup === cgroup && one.state === 'attached');
  if (found?.pins === undefined || found.config === undefined) {
    throw new HostError({
      kind: 'not-found',
      tried: 'change the policy',
      where: host.name,
      words:
        found === undefined
          ? `nothing is loaded on ${cgroup}`
          : `the programs on ${cgroup} are the classic ones, which cannot be told anything`,
      next: 'Load the guarded policy there first.',
    });
  }
  await using directory = await scratchDirectory(host, signal);
  const batch = await uploadSetup(host, directory.line, facts.architecture, limits, signal, mode);
  await host.check(['sh', '-c', CONFIGURE, 'sh', found.pins, batch], {
    tried: 'tell the programs their policy',
    root: true,
    finish: true,
    signal,
  });
  return await readStatus(host, mount, signal);
}
