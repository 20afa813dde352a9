import { outermost } from '../host/cgroups.ts';

const parent = (cgroup: string): string => cgroup.slice(0, cgroup.lastIndexOf('/'));

const isWithin = (cgroup: string, other: string): boolean =>
  cgroup === other || cgroup.startsWith(`${other}/`);

/**
 * The fewest cgroups that hold all of those that are wanted and none that is not: one above several stands
 * for them if all that talks there is wanted. Never the root nor what lies directly below it: those hold a
 * host's services, or all of its containers.
 * @param wanted full paths, below `mount`.
 * @param others cgroups with local traffic that is to be left alone.
 */
export function covering(
  mount: string,
  wanted: readonly string[],
  others: readonly string[],
): string[] {
  let chosen = outermost(wanted);
  for (;;) {
    const better = bestParent(mount, chosen, others);
    if (better === undefined) return chosen.toSorted();
    chosen = outermost([...chosen, better]);
  }
}

/** The lowest cgroup above two or more of them that may stand for these. */
function bestParent(
  mount: string,
  chosen: readonly string[],
  others: readonly string[],
): string | undefined {
  const candidates = new Set<string>();
  for (const one of chosen) {
    for (let at = parent(one); at.startsWith(`${mount}/`); at = parent(at)) {
      if (parent(at) !== mount) candidates.add(at);
    }
  }
  return Array.from(candidates)
    .filter(
      (at) =>
        chosen.filter((one) => isWithin(one, at)).length > 1 &&
        !others.some((other) => isWithin(other, at)),
    )
    .sort((a, b) => b.length - a.length)[0];
}
