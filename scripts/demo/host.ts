import { collectFacts } from '../../src/host/facts.ts';
import { blocking, hostIssues } from '../../src/host/issues.ts';
import type { Host } from '../../src/host/host.ts';
import { guard, type Guard } from '../../src/host/guard.ts';

/** @throws Error with every fact that stands in the way, and what fixes it. */
export async function requireHost(host: Host): Promise<string> {
  await host.becomeRoot();
  const facts = await collectFacts(host, { root: true });
  const faults = blocking(hostIssues(facts), 'benchmark');
  if (faults.length > 0 || facts.cgroupMount === undefined) {
    const list = faults.map(({ wrong, next, remedy }) => `  ${wrong} ${next} ${remedy ?? ''}`);
    throw new Error(`${host.name} cannot run it:\n${list.join('\n')}`);
  }
  return facts.cgroupMount;
}

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
