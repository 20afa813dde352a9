/** Processes directly in a cgroup. */
export interface Running {
  /** How many there are by each name that they call themselves. */
  readonly programs: ReadonlyMap<string, number>;
  readonly hasSockets: boolean;
}

/** Parts of what cgroup-tree.sh prints; lines of another form are passed over. */
interface Parts {
  /** A cgroup's path, then the ids of its processes, each on a line. */
  readonly members: string;
  /** Lines "/proc/PID/comm:NAME"; a name with line breaks comes as several lines, of which the first counts. */
  readonly names: string;
  /** Ids of processes. */
  readonly sockets: string;
}

/** Names of a process have 16 bytes at most (TASK_COMM_LEN), those of kernel threads more. */
const LONGEST_NAME = 64;

/** @returns what runs directly in each cgroup, by its path. */
export function parseRunning({ members, names, sockets }: Parts): Map<string, Running> {
  const named = new Map<string, string>();
  for (const [, pid = '', name = ''] of names.matchAll(/^\/proc\/(\d{1,10})\/comm:(.*)$/gm)) {
    if (!named.has(pid) && name !== '') named.set(pid, name.slice(0, LONGEST_NAME));
  }
  const talking = new Set(sockets.split('\n'));
  const all = new Map<string, { programs: Map<string, number>; hasSockets: boolean }>();
  let at: { programs: Map<string, number>; hasSockets: boolean } | undefined;
  for (const line of members.split('\n')) {
    if (line.startsWith('/')) {
      at = all.get(line) ?? { programs: new Map(), hasSockets: false };
      all.set(line, at);
      continue;
    }
    if (at === undefined || !/^\d{1,10}$/.test(line)) continue;
    const name = named.get(line);
    if (name !== undefined) at.programs.set(name, (at.programs.get(name) ?? 0) + 1);
    if (talking.has(line)) at.hasSockets = true;
  }
  return all;
}
