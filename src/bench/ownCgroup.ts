import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import { guard, type Guard } from '../host/guard.ts';
import type { Host } from '../host/host.ts';

const PREFIX = 'sockmap-bypass-run-';

/** The path of a cgroup for one run, of a name that nobody else has. */
export const newCgroup = (mount: string): string =>
  `${mount}/${PREFIX}${randomBytes(4).toString('hex')}`;

/** Whether a path, which a document may name, is one of `newCgroup`. */
export const isOwnCgroup = (mount: string, cgroup: string): boolean =>
  cgroup.startsWith(`${mount}/${PREFIX}`) &&
  /^[0-9a-f]{8}$/.test(cgroup.slice(`${mount}/${PREFIX}`.length));

/**
 * Makes a cgroup on the host that goes with the guard.
 * @returns the guard; its line is the path.
 */
export function ownCgroup(host: Host, cgroup: string, signal?: AbortSignal): Promise<Guard> {
  return guard(
    host,
    {
      setup: `mkdir "$1" || exit 1; c=$1; printf '%s\\n' "$c"`,
      // Processes measured in it end by themselves, and may be slower where the connection was cut.
      undo: 'for try in 1 2 3 4 5 6 7 8 9 10; do rmdir "$c" && break; sleep 1; done 2>/dev/null',
      args: [cgroup],
    },
    { tried: l10n.t('make a cgroup'), root: true, signal },
  );
}
