import { existingCgroup } from '../host/cgroups.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { outputOf, type TransactOptions } from '../host/run.ts';
import { hostAddresses } from './addresses.ts';
import { configValue, mapKeys, PINS, setupBatch, type GuardedLimits, type Mode } from './config.ts';
import { type BypassStatus } from './attachment.ts';
import { readStatus } from './status.ts';

export interface ConfigureOptions {
  readonly cgroup: string;
  readonly mode: Mode;
  /** `maxSockets` is fixed when the map is made, and ignored here. */
  readonly limits?: GuardedLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tells the guarded programs of a cgroup a new mode, new limits and the host's addresses as they are
 * now, while they run. Live connections obey it with their next message; one that was switched off
 * stays on TCP. Switching off touches nothing but the mode.
 * @throws HostError of kind `not-found` where no guarded programs are attached and pinned.
 */
export async function configureBypass(
  host: Host,
  { cgroup: named, mode, limits = {}, signal }: ConfigureOptions,
): Promise<BypassStatus> {
  const { facts, mount } = await host.ready('control', signal);
  const cgroup = await existingCgroup(host, mount, named, signal);
  const { attachments } = await readStatus(host, signal);
  const found = attachments.find((one) => one.cgroups.includes(cgroup) && one.state === 'attached');
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
  await change(host, scriptArgv('ctl_restore_pins', found.pins), {
    tried: 'find what the programs are told by',
    signal,
  });
  const { batch, capped } =
    mode === 'off'
      ? { batch: switchOff(facts.architecture), capped: false }
      : await wholeSetup(host, cgroup, found.pins, facts.architecture, mode, limits, signal);
  await change(host, ['bpftool', 'batch', 'file', '-'], {
    tried: 'tell the programs their policy',
    input: batch.replaceAll(PINS, found.pins),
    signal,
  });
  const status = await readStatus(host, signal);
  return capped ? { ...status, addressesCapped: true as const } : status;
}

async function change(
  host: Host,
  argv: readonly string[],
  options: TransactOptions,
): Promise<void> {
  const result = await host.transact(argv, { ...options, root: true });
  outputOf(result, { argv, tried: options.tried, where: host.name });
}

const switchOff = (architecture: string): string =>
  `map update pinned ${PINS}/bypass_config key hex 00 00 00 00 value hex ${configValue(architecture, 'off')}\n`;

async function wholeSetup(
  host: Host,
  cgroup: string,
  pins: string,
  architecture: string,
  mode: Mode,
  limits: GuardedLimits,
  signal: AbortSignal | undefined,
): Promise<{ batch: string; capped: boolean }> {
  const { addresses, capped } = await hostAddresses(host, cgroup, signal);
  const present = await localKeys(host, pins, signal);
  return { batch: setupBatch(architecture, addresses, limits, mode, present), capped };
}

async function localKeys(
  host: Host,
  pins: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const tried = 'read what counts as local';
  const argv = ['bpftool', '-j', 'map', 'dump', 'pinned', `${pins}/bypass_local`];
  const dump = await host.check(argv, { tried, root: true, signal });
  try {
    return mapKeys(dump);
  } catch (cause) {
    const words = `bpftool printed no keys of bypass_local:\n${dump}`;
    const next = 'Load the bypass anew.';
    throw new HostError({ kind: 'command', tried, where: host.name, words, next }, { cause });
  }
}
