import fs from 'node:fs';
import path from 'node:path';
import { attachedTo, inodeOf, pinsOf } from '../host/bypass.ts';
import { atEnd } from '../cleanup.ts';
import { cgroupMount, makeCgroup, removePinsOf, type TestCgroup } from '../cgroup.ts';

/** A service's cgroup inside one of the test's own, so that a benchmark's baseline is ours as well. */
export interface Place {
  readonly parent: TestCgroup;
  /** Full path of the service's cgroup. */
  readonly cgroup: string;
  /** The same as the picker shows it. */
  readonly label: string;
  /** The programs of ours at it, as the kernel lists them. */
  attached(): Promise<number[]>;
  /** Whatever of ours is there: pins, programs, cgroups of a benchmark. */
  left(): Promise<string[]>;
  readonly remove: () => Promise<void>;
}

export function makePlace(label: string): Place {
  const parent = makeCgroup(label);
  const cgroup = parent.child('service');
  const inode = inodeOf(cgroup);
  const left = async (): Promise<string[]> => [
    ...pinsOf(inode),
    ...(await attachedTo(cgroup)).map(({ id, name }) => `${name} (id ${id})`),
    ...[parent.path, cgroup].flatMap(below).filter((each) => each !== cgroup),
    // A probe's are beside it.
    ...below(cgroupMount() ?? '').filter((each) =>
      path.basename(each).startsWith('sockmap-bypass-'),
    ),
  ];
  return {
    parent,
    cgroup,
    left,
    label: cgroup.slice(cgroupMount()?.length),
    attached: async () =>
      (await attachedTo(cgroup))
        .filter(({ name }) => name === 'sockmap_sockops')
        .map(({ id }) => id),
    remove: atEnd(async () => {
      // With the cgroup the kernel lets go of the programs at it.
      await parent.remove();
      removePinsOf(inode);
    }),
  };
}

/** The directories inside. */
export function below(directory: string): string[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(directory, entry.name));
}
