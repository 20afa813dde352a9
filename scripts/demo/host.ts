import type { Host } from '../../src/host/host.ts';
import { guard, type Guard } from '../../src/host/guard.ts';

/** A cgroup of our own on the host, gone with the guard. */
export function ownCgroup(host: Host, mount: string): Promise<Guard> {
  return guard(
    host,
    {
      setup: `c=$1/$2; mkdir "$c" || exit 1; printf '%s\\n' "$c"`,
      undo: 'rmdir "$c"',
      args: [mount, `sockmap-demo-${process.pid}`],
    },
    { tried: 'make a cgroup', root: true },
  );
}
