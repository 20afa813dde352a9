import { existingCgroup } from '../host/cgroups.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import type { BypassStatus } from './attachment.ts';
import { attachError } from './exclusive.ts';
import { OCCUPIED, UNSAFE_PIN_ROOT } from './pins.ts';
import { readStatus, unsafePinRoot } from './status.ts';

/**
 * Adds cgroups to a bypass that is loaded: all of them, or none. Of those that lie in each other the outermost
 * is the one with the program.
 * @param to one of its cgroups, or its pin directory.
 * @throws HostError of kind `occupied` where another bypass is on one of them, or `not-found`.
 */
export async function addCgroups(
  host: Host,
  { to, cgroups }: { readonly to: string; readonly cgroups: readonly string[] },
  signal?: AbortSignal,
): Promise<BypassStatus> {
  const paths = await existing(host, cgroups, signal);
  const change = {
    tried: `add ${paths.join(', ')} to the bypass on ${to}`,
    next: 'Show the status to see what is loaded where.',
  };
  const argv = ['ctl_attach', ...options(paths), '--to', to] as const;
  try {
    return await run(host, argv, change, signal);
  } catch (error) {
    if (!(error instanceof HostError) || error.problem.kind !== 'command') throw error;
    throw await attachError(host, error, paths);
  }
}

/**
 * Takes cgroups out of the bypasses that they are in. Their open connections stay on the bypass, new ones are
 * on TCP. A bypass that loses its last cgroup is unloaded.
 * @throws HostError of kind `occupied` where one is being loaded, or `not-found`.
 */
export async function removeCgroups(
  host: Host,
  cgroups: readonly string[],
  signal?: AbortSignal,
): Promise<BypassStatus> {
  const paths = await existing(host, cgroups, signal);
  const change = {
    tried: `take ${paths.join(', ')} out of the bypass`,
    next: 'Show the status to see what is left.',
  };
  return run(host, ['ctl_detach', ...options(paths)], change, signal);
}

const options = (paths: readonly string[]): string[] => paths.flatMap((path) => ['--cgroup', path]);

async function existing(
  host: Host,
  cgroups: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { mount } = await host.ready('control', signal);
  return Promise.all(cgroups.map((one) => existingCgroup(host, mount, one, signal)));
}

async function run(
  host: Host,
  [name, ...args]: readonly [string, ...string[]],
  { tried, next }: { readonly tried: string; readonly next: string },
  signal: AbortSignal | undefined,
): Promise<BypassStatus> {
  const argv = scriptArgv(name, ...args);
  const { exitCode, stderr } = await host.transact(argv, { tried, root: true, signal });
  if (exitCode === UNSAFE_PIN_ROOT) throw unsafePinRoot(host, tried, stderr);
  if (exitCode !== 0) {
    const kind = exitCode === OCCUPIED ? 'occupied' : 'command';
    throw new HostError({ kind, tried, where: host.name, words: stderr, next });
  }
  // Not cancellable: it is done, and "cancelled" would say that it is not.
  return readStatus(host);
}
