import fs from 'node:fs';
import { run } from '../run.ts';

/**
 * Names of BPF programs or maps that processes of this lane hold, in order: a lane sees those of all others on the
 * machine, but not their cgroups. What is pinned is not held.
 */
export async function heldNames(kind: 'prog' | 'map', prefix: string): Promise<string[]> {
  const held = new Set(
    fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && isOurs(name))
      .flatMap((pid) => heldBy(pid, kind)),
  );
  const shown = JSON.parse(await run('bpftool', ['-j', kind, 'show'])) as {
    id: number;
    name?: string;
  }[];
  return shown
    .filter(({ id, name = '' }) => held.has(id) && name.startsWith(prefix))
    .map(({ name = '' }) => name)
    .toSorted();
}

/** Whether a process is of this lane: one of another is outside of the cgroup that is the root here. */
export const isOurs = (pid: string): boolean => !/^0::\/\.\./m.test(read(`/proc/${pid}/cgroup`));

function heldBy(pid: string, kind: 'prog' | 'map'): number[] {
  const place = `/proc/${pid}/fdinfo`;
  let names: string[];
  try {
    names = fs.readdirSync(place);
  } catch {
    return [];
  }
  const pattern = new RegExp(`^${kind}_id:\\s*(\\d+)`, 'gm');
  return names.flatMap((name) =>
    Array.from(read(`${place}/${name}`).matchAll(pattern), ([, id]) => Number(id)),
  );
}

/** Empty for what has ended meanwhile. */
function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
