import * as l10n from '@vscode/l10n';
import { existingCgroups } from '../host/cgroups.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { outputOf } from '../host/run.ts';
import { withNotes, type BypassStatus } from './attachment.ts';
import type { LiveConfig } from './config.ts';
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
    tried: l10n.t('add {0} to the bypass on {1}', paths.join(', '), to),
    next: l10n.t('Show the status to see what is loaded where.'),
  };
  const argv = ['ctl_attach_only', ...options(paths), '--to', to] as const;
  const status = await run(host, argv, change, signal).catch(async (error: unknown) => {
    if (!(error instanceof HostError) || error.problem.kind !== 'command') throw error;
    throw await attachError(host, error, paths);
  });
  return tell(host, status, paths);
}

/**
 * Takes cgroups out of the bypasses that they are in. Their open connections stay on the bypass, new ones are
 * on TCP. A bypass that loses its last cgroup is unloaded.
 * @throws HostError of kind `occupied` where one is being loaded, or `not-found` where one is in no bypass, though
 * it may lie in one that is; nothing has changed then.
 */
export async function removeCgroups(
  host: Host,
  cgroups: readonly string[],
  signal?: AbortSignal,
): Promise<BypassStatus> {
  const paths = await existing(host, cgroups, signal);
  const change = {
    tried: l10n.t('remove {0} from the bypass', paths.join(', ')),
    next: l10n.t('Show the status to see what is left.'),
  };
  const { attachments } = await readStatus(host, signal);
  const members = attachments.flatMap((one) => one.cgroups);
  const stranger = paths.find((one) => !members.includes(one));
  if (stranger !== undefined) throw notMember(host, change.tried, stranger, members);
  return run(host, ['ctl_detach', ...options(paths)], change, signal);
}

const options = (paths: readonly string[]): string[] => paths.flatMap((path) => ['--cgroup', path]);

async function existing(
  host: Host,
  cgroups: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { mount } = await host.ready('control', signal);
  return existingCgroups(host, mount, cgroups, signal);
}

function notMember(
  host: Host,
  tried: string,
  cgroup: string,
  members: readonly string[],
): HostError {
  const above = members.find((one) => cgroup.startsWith(`${one}/`));
  const [words, next] =
    above === undefined
      ? [
          l10n.t('{0} is not in a bypass', cgroup),
          l10n.t('Show the status to see what is loaded where.'),
        ]
      : [
          l10n.t('the bypass is on {0}, which {1} is in', above, cgroup),
          l10n.t('Take {0} out, with all that is in it.', above),
        ];
  return new HostError({ kind: 'not-found', tried, where: host.name, words, next });
}

/** Which new connections of a bypass take which way, with this configuration; a sentence. */
export function connectionsWords(config: LiveConfig | undefined): string {
  if (config?.mode === 'off') return l10n.t('It is switched off: all connections use TCP/IP.');
  if (config?.reach !== 'namespace')
    return l10n.t('New connections between processes of its cgroups bypass TCP/IP.');
  return l10n.t(
    'New connections between processes of its cgroups bypass TCP/IP within each network namespace; those from one to another use TCP/IP.',
  );
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

/** Tells guarded programs which addresses count as local for the processes of new cgroups, and their time-outs. */
async function tell(
  host: Host,
  status: BypassStatus,
  added: readonly string[],
): Promise<BypassStatus> {
  const isAdded = (at: string) => added.some((one) => `${one}/`.startsWith(`${at}/`));
  const found = status.attachments.find(
    ({ state, cgroups }) => state === 'attached' && cgroups.some(isAdded),
  );
  if (found?.pins === undefined || found.config === undefined) return status;
  const argv = scriptArgv('ctl_tell', found.pins, ...found.cgroups);
  const tried = l10n.t('tell the programs the addresses of the new cgroups');
  const next = l10n.t('The cgroups are added: change the policy of the bypass to tell them again.');
  const result = await host.transact(argv, { tried, root: true });
  const text = outputOf(result, { argv, tried, where: host.name, next });
  const notes = Array.from(text.matchAll(/^note (.*)$/gm), ([, name = '']) => name);
  return withNotes(await readStatus(host), notes);
}
