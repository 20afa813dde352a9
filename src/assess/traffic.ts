import * as l10n from '@vscode/l10n';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { isWhole, newBoundary, parseSections } from '../host/sections.ts';
import { namesOfContainers } from '../host/containers.ts';
import { cgroupLabel } from '../host/cgroups.ts';
import { joinEnds, parseTracked } from './pairs.ts';
import { parseListening, parseSockets, type Socket } from './sockets.ts';
import { flowsOf, type FlowOfSockets, type Processes, type Side } from './flows.ts';
import type { Traffic } from './assessment.ts';

/** Namespaces that are read. */
const MOST_NAMESPACES = 256;

/** Traffic, with the sockets of each flow. */
export type ReadTraffic = Omit<Traffic, 'flows'> & {
  readonly flows: readonly FlowOfSockets[];
  /** Totals of all sockets, whoever is at their other end. */
  readonly inodes: ReadonlySet<number>;
  /** Processes that have a ring of io_uring. */
  readonly withRing: ReadonlySet<number>;
};

/**
 * Looks who talks to whom over TCP within a host. Nothing is loaded, and nothing changes.
 * @param seconds between two snapshots.
 * @throws HostError of kind `not-found` where `ss` is missing.
 */
export async function readTraffic(
  host: Host,
  { seconds, signal }: { seconds: number; signal?: AbortSignal | undefined },
): Promise<ReadTraffic> {
  const { mount } = await host.ready('control', signal);
  const boundary = newBoundary();
  const tried = l10n.t('read the sockets of the host');
  const argv = scriptArgv('assess.sh', boundary, String(seconds), String(MOST_NAMESPACES));
  const { exitCode, stdout, stderr } = await host.run(argv, {
    tried,
    root: true,
    signal,
    maxMiB: 256,
    timeoutMs: (seconds + 120) * 1000,
  });
  if (exitCode === 3) {
    throw new HostError({
      kind: 'not-found',
      tried,
      where: host.name,
      words: 'ss: not found',
      next: l10n.t('Install iproute2 on the host.'),
    });
  }
  if (exitCode !== 0 || !isWhole(stdout, boundary)) {
    const words = stderr.trim() === '' ? l10n.t('the script that reads them ended early') : stderr;
    const next = l10n.t("Look at the host's memory and limits, then try again.");
    throw new HostError({ kind: 'command', tried, where: host.name, words, next });
  }
  const { flows, ...read } = parseTraffic(stdout, boundary);
  const sides = flows.flatMap(({ flow }) => [flow.server, flow.client]);
  const full = (path: string) => (path === '/' ? mount : `${mount}${path}`);
  const paths = new Set(sides.flatMap(({ cgroup }) => (cgroup === undefined ? [] : full(cgroup))));
  const containers = await namesOfContainers(host, Array.from(paths).join('\n'), {
    root: true,
    signal,
  });
  const named = <T extends Side>(side: T): T => {
    if (side.cgroup === undefined) return side;
    const label = cgroupLabel(full(side.cgroup), containers);
    return { ...side, cgroup: full(side.cgroup), ...(label !== undefined && { label }) };
  };
  return {
    host: host.name,
    ...read,
    flows: flows.map(({ flow, ...inodes }) => ({
      ...inodes,
      flow: { ...flow, server: named(flow.server), client: named(flow.client) },
    })),
  };
}

/** @param text output of assess.sh. Cgroups are from the root of the tree of v2. */
export function parseTraffic(text: string, boundary: string): Omit<ReadTraffic, 'host'> {
  const sections = parseSections(text, boundary);
  const one = (name: string) => sections.find((each) => each.name === name)?.text ?? '';
  const byNamespace = (kind: string) =>
    sections.flatMap(({ name, text }) =>
      name.startsWith(`${kind} `) ? [[name.slice(kind.length + 1), text] as const] : [],
    );
  const snapshot = (index: 1 | 2): Socket[] =>
    byNamespace(`sockets ${index}`).flatMap(([inode, text]) => parseSockets(text, inode));
  const [before, after] = [snapshot(1), snapshot(2)];
  const listening = new Map(
    byNamespace('listening').map(([inode, text]) => [inode, parseListening(text)]),
  );
  const translated = new Map(
    byNamespace('tracked').flatMap(([, text]) => Array.from(parseTracked(text))),
  );
  const pairs = joinEnds(after, listening, translated);
  const earlier = joinEnds(before, listening, translated);
  const seconds = Math.max(uptime(one('uptime 2')) - uptime(one('uptime 1')), 0.001);
  const places = one('places').split('\n');
  return {
    seconds,
    inodes: new Set([...before, ...after].map(({ inode }) => inode)),
    withRing: new Set(
      Array.from(one('holders').matchAll(/^io_uring (\d{1,10})$/gm), ([, pid]) => Number(pid)),
    ),
    sockets: after.length,
    localSockets: 2 * pairs.length,
    namespaces: places.filter((line) => /^\d+(?: \d+)+$/.test(line)).length,
    capped: places.includes('more'),
    flows: flowsOf(pairs, { sockets: before, pairs: earlier }, seconds, {
      holders: holdersOf(one('holders'), one('names')),
      cpu: cpuOf(one('cpu 1'), one('cpu 2'), seconds),
    }),
  };
}

const uptime = (text: string): number => Number(/^\d+(?:\.\d+)?/.exec(text)?.[0] ?? 0);

/** @param holders lines "INODE PID", others are passed over; @param names lines "PID NAME", as the kernel escapes it in /proc/PID/status. */
function holdersOf(holders: string, names: string): Processes['holders'] {
  const byPid = new Map(
    Array.from(names.matchAll(/^(\d{1,10}) ([^\n]*)$/gm), ([, pid = '', name = '']) => [
      pid,
      name.replace(/\\([n\\])/g, (_, escaped) => (escaped === 'n' ? '\n' : '\\')),
    ]),
  );
  const found = new Map<number, { pid: number; name: string | undefined }>();
  for (const [, inode, pid = ''] of holders.matchAll(/^(\d{1,16}) (\d{1,10})$/gm)) {
    // The first of several: a child that inherited it has a higher number, mostly.
    const key = Number(inode);
    if (!found.has(key)) found.set(key, { pid: Number(pid), name: byPid.get(pid) });
  }
  return found;
}

/** Hundredths of a second, on all of Linux' architectures (USER_HZ). */
const TICKS = 100;

/** @param before lines "PID START TICKS", as `after`. */
function cpuOf(before: string, after: string, seconds: number): Processes['cpu'] {
  const parse = (text: string) =>
    new Map(
      Array.from(
        text.matchAll(/^(\d{1,10}) (\d{1,20}) (\d{1,20})$/gm),
        ([, pid, start, ticks]) => [`${pid} ${start}`, Number(ticks)] as const,
      ),
    );
  const earlier = parse(before);
  return new Map(
    Array.from(parse(after), ([process, ticks]) => [
      Number(process.split(' ', 1)[0]),
      Math.max(ticks - (earlier.get(process) ?? 0), 0) / TICKS / seconds,
    ]),
  );
}
