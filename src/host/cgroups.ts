import * as l10n from '@vscode/l10n';
import {
  containerLabel,
  enclosingContainer,
  namesOfContainers,
  type Containers,
} from './containers.ts';
import { HostError } from './errors.ts';
import type { Host } from './host.ts';
import { scriptArgv } from './hostScript.ts';
import { parseRunning, type Running } from './running.ts';
import { newBoundary, parseSections } from './sections.ts';

/** How many processes of a name there are. The name is what the process calls itself: hostile text. */
export interface Program {
  readonly name: string;
  readonly count: number;
}

export interface Cgroup {
  /** Full path of its directory on the host. */
  readonly path: string;
  /** Processes directly in it and in those below it. */
  readonly processes: number;
  /** Names what runs there, where that is known: a systemd unit, a container. */
  readonly label: string | undefined;
  /** Names of the same processes, the most frequent first; some may be missing on a very large host. */
  readonly programs: readonly Program[];
  /** Whether one of them has a TCP socket, as far as the host was looked through. */
  readonly hasSockets: boolean;
}

/** The host's cgroup v2 tree with what runs there, the root first, then by path. */
export async function listCgroups(
  host: Host,
  mount: string,
  options: { root: boolean; signal?: AbortSignal | undefined },
): Promise<Cgroup[]> {
  const boundary = newBoundary();
  const { stdout } = await host.run(scriptArgv('cgroup-tree.sh', boundary, mount), {
    tried: l10n.t('list the cgroups'),
    ...options,
  });
  const sections = new Map(
    parseSections(stdout, boundary).map(({ name, text }) => [name, text] as const),
  );
  const tree = sections.get('counts') ?? '';
  const containers = await namesOfContainers(host, tree, options);
  const running = parseRunning({
    members: sections.get('members') ?? '',
    names: sections.get('names') ?? '',
    sockets: sections.get('sockets') ?? '',
  });
  return parseCgroups(tree, mount, containers, running);
}

/** Characters of a line: a path has 4,096 bytes (PATH_MAX), and every step of one is walked up. */
const LONGEST = 4096 + '/cgroup.procs:123456789'.length;

/**
 * @param text lines "PATH/cgroup.procs:COUNT"; others are passed over.
 * @param running what is directly in each cgroup, by its path.
 */
export function parseCgroups(
  text: string,
  mount: string,
  containers: Containers,
  running: ReadonlyMap<string, Running> = new Map(),
): Cgroup[] {
  const own = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = line.length > LONGEST ? null : /^([^]*)\/cgroup\.procs:(\d{1,9})$/.exec(line);
    if (match !== null) own.set(match[1] ?? '', Number(match[2]));
  }
  const processes = new Map(own);
  const programs = new Map(Array.from(own.keys(), (path) => [path, new Map<string, number>()]));
  const talking = new Set<string>();
  for (const [path, count] of own) {
    const here = running.get(path);
    for (let at = path; at.length >= mount.length; at = parent(at)) {
      const sum = processes.get(at);
      if (sum === undefined) continue;
      if (at !== path) processes.set(at, sum + count);
      const names = programs.get(at);
      for (const [name, more] of here?.programs ?? []) {
        names?.set(name, (names.get(name) ?? 0) + more);
      }
      if (here?.hasSockets === true) talking.add(at);
    }
  }
  return Array.from(processes, ([path, count]) => ({
    path,
    processes: count,
    label: cgroupLabel(path, containers),
    programs: Array.from(programs.get(path) ?? [], ([name, count]) => ({ name, count })).sort(
      (a, b) => b.count - a.count || (a.name < b.name ? -1 : 1),
    ),
    hasSockets: talking.has(path),
  })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** Names as container engines, Kubernetes and systemd give them to cgroups. */
export function cgroupLabel(path: string, containers: Containers): string | undefined {
  const container = containerLabel(path, containers);
  if (container !== undefined) return container;
  const name = path.slice(path.lastIndexOf('/') + 1);
  // systemd.unit(5): \x2d and its like stand for characters a unit's name cannot hold.
  const unit = /^(.+)\.(?:service|scope|slice|socket|mount|swap)$/.exec(name);
  return unit === null
    ? enclosingContainer(path, containers)
    : name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
}

/**
 * The full path of a cgroup that need not be there any more, by its name alone: a full path, or one from the
 * root of the cgroup tree. Of those that are there `existingCgroups` knows better.
 * @throws HostError when it is not below the mount.
 */
export function resolveCgroup(host: string, mount: string, named: string): string {
  const parts = (path: string) => path.split('/').filter((word) => word !== '' && word !== '.');
  const [top, all] = [parts(mount), parts(named)];
  // A path that begins with the mount, however that is spelled, is a full one.
  const isFull = named.startsWith('/') && top.every((word, index) => word === all[index]);
  const words = isFull ? all.slice(top.length) : all;
  if (!isName(named) || words.includes('..')) throw noCgroup(host, mount, named);
  return [mount, ...words].join('/');
}

/** No cgroup has a line break in its name. */
const isName = (named: string): boolean => named.trim() !== '' && !/[\0\n]/.test(named);

const noCgroup = (where: string, mount: string, named: string): HostError =>
  new HostError({
    kind: 'input',
    tried: l10n.t('find the cgroup'),
    where,
    words: l10n.t('{0} is not a cgroup below {1}', JSON.stringify(named), mount),
    next: l10n.t('Name a directory below {0}.', mount),
  });

/**
 * Leaves out cgroups, given by their full paths, that are in another of them: a program of sock_ops runs for a
 * cgroup and all below it.
 */
export function outermost(cgroups: readonly string[]): string[] {
  const all = Array.from(new Set(cgroups));
  return all.filter((one) => !all.some((other) => one.startsWith(`${other}/`)));
}

/**
 * The full path of a cgroup that is there, by the host's own reading of the name: that of the root is the
 * mount, however the root is spelled (`/`, `..`, a link). Needs root.
 * @param named a full path, or one from the root of the cgroup tree.
 * @throws HostError of kind `input` or `not-found`.
 */
export async function existingCgroup(
  host: Host,
  mount: string,
  named: string,
  signal?: AbortSignal,
): Promise<string> {
  const [cgroup = ''] = await existingCgroups(host, mount, [named], signal);
  return cgroup;
}

/** The same for several, in one command: a server of ssh admits only some sessions at once. */
export async function existingCgroups(
  host: Host,
  mount: string,
  named: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const nameless = named.find((one) => !isName(one));
  if (nameless !== undefined) throw noCgroup(host.name, mount, nameless);
  const tried = l10n.t('find the cgroup');
  const argv = scriptArgv('named-cgroups.sh', ...named);
  const { exitCode, stdout } = await host.run(argv, { tried, root: true, signal });
  const found = stdout.split('\n').slice(0, -1);
  if (exitCode === 0 && found.length === named.length) return found;
  const missing = resolveCgroup(host.name, mount, named[found.length] ?? named.join(', '));
  throw new HostError({
    kind: 'not-found',
    tried,
    where: host.name,
    words: l10n.t('{0} is not a cgroup', missing),
    next: l10n.t('Name one that is there: it may have been removed since.'),
  });
}
