import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { HostError } from '../../host/errors.ts';
import type { Host } from '../../host/host.ts';
import { scriptArgv } from '../../host/hostScript.ts';
import { parseJson } from '../../host/json.ts';
import { isWhole, newBoundary, parseSections } from '../../host/sections.ts';
import { outputOf } from '../../host/run.ts';

/** A TCP socket of the bypass' cgroups, or in its map. */
export interface LiveSocket {
  /** The kernel's number of the socket, unique since boot. */
  readonly cookie: string;
  readonly inMap: boolean;
  readonly inode: number;
  /** Sent over TCP, in bytes and in segments with data; the bypass is not in there. */
  readonly sentBytes: number;
  readonly sentSegments: number;
  readonly local: string;
  readonly peer: string;
}

export interface Owner {
  readonly pid: number;
  /** As the process calls itself. */
  readonly name: string;
}

/** The state of a bypass at one moment. */
export interface LiveReading {
  /** Seconds since the host's boot: a clock that no step of the time disturbs. */
  readonly at: number;
  /** The counters' pin: with another one they begin anew. */
  readonly pin: string;
  readonly counters: Readonly<Record<string, number>>;
  /** The numbers in bypass_config, as they are; undefined for classic programs. */
  readonly config: Readonly<Record<string, number>> | undefined;
  /** Sockets in the map; undefined where that could not be read. */
  readonly held: number | undefined;
  /** Sockets of the cgroups, or in the map. */
  readonly mine: number;
  /** The first of them. */
  readonly sockets: readonly LiveSocket[];
  /** False where the host's `ss` cannot tell: there are no sockets then. */
  readonly tellsSockets: boolean;
  /** Whether there may be more: a host with very many is not read to its end. */
  readonly capped: boolean;
  /** By the inode of the socket; undefined where it was not asked for. */
  readonly owners: ReadonlyMap<number, Owner> | undefined;
}

const TRIED = 'read what the bypass does';

/**
 * Reads what a bypass does now, at a third of the cost of the status. `Host.ready` before.
 * @param owners whether to look for the processes that have the sockets, which costs half as much again.
 * @returns undefined where it is not pinned there any more.
 */
export async function readLive(
  host: Host,
  { pins, cgroups }: { pins: string; cgroups: readonly string[] },
  { owners, signal }: { owners: boolean; signal?: AbortSignal | undefined },
): Promise<LiveReading | undefined> {
  const boundary = newBoundary();
  const argv = scriptArgv('live.sh', boundary, pins, owners ? 'yes' : 'no', ...cgroups);
  const result = await host.run(argv, { tried: TRIED, root: true, signal });
  const next = l10n.t('Try again; the status report may say more.');
  const text = outputOf(result, { argv, tried: TRIED, where: host.name, next });
  const reading = isWhole(text, boundary) ? parseLive(text, boundary) : 'the script ended early';
  if (typeof reading !== 'string') return reading;
  const words = reading;
  throw new HostError({ kind: 'command', tried: TRIED, where: host.name, words, next });
}

/**
 * @param text output of live.sh; lines of another form are passed over.
 * @returns undefined where nothing is pinned there, words where that could not be read.
 */
export function parseLive(text: string, boundary: string): LiveReading | string | undefined {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const [, hundredths, pin] = /^(\d{1,15}) (\d{1,20})$/.exec(sections.get('state') ?? '') ?? [];
  if (hundredths === undefined || pin === undefined) return undefined;
  const counters = parseSums(sections.get('counters') ?? '');
  if (Object.keys(counters).length === 0) return 'bpftool did not print the counters';
  const lines = (sections.get('sockets') ?? '').split('\n');
  const owners = sections.get('owners');
  return {
    at: Number(hundredths) / 100,
    pin,
    counters,
    config: parseConfig(sections.get('config') ?? ''),
    held: told(lines, 'held'),
    mine: told(lines, 'mine') ?? 0,
    sockets: lines.flatMap((line) => parseSocket(line) ?? []),
    tellsSockets: !lines.includes('ss'),
    capped: lines.includes('more'),
    owners: owners === undefined ? undefined : parseOwners(owners, sections.get('names') ?? ''),
  };
}

function told(lines: readonly string[], name: string): number | undefined {
  const found = lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  return found !== undefined && /^\d{1,10}$/.test(found) ? Number(found) : undefined;
}

/** Numbers a kernel has counted, NAME=NUMBER,... */
const parseSums = (text: string): Record<string, number> =>
  Object.fromEntries(
    Array.from(
      text.matchAll(/(?:^|,)([A-Za-z0-9_]+)=(\d{1,20})(?=,|$)/gm),
      ([, name = '', count]): [string, number] => [name, Number(count)],
    ),
  );

const configSchema = z.tuple([
  z.object({ formatted: z.object({ value: z.record(z.string(), z.number().nonnegative()) }) }),
]);

function parseConfig(text: string): Record<string, number> | undefined {
  try {
    return configSchema.parse(parseJson(text))[0].formatted.value;
  } catch {
    return undefined;
  }
}

const SOCKET =
  /^([0-9a-f]{1,16}) ([01]) (\d{1,20}) (\d{1,20}) (\d{1,20}) ([0-9A-Za-z.:%[\]*_@-]{1,100}) ([0-9A-Za-z.:%[\]*_@-]{1,100})$/;

function parseSocket(line: string): LiveSocket | undefined {
  const [, cookie, inMap, inode, bytes, segments, local, peer] = SOCKET.exec(line) ?? [];
  if (cookie === undefined || local === undefined || peer === undefined) return undefined;
  return {
    cookie,
    local,
    peer,
    inMap: inMap === '1',
    inode: Number(inode),
    sentBytes: Number(bytes),
    sentSegments: Number(segments),
  };
}

function parseOwners(inodes: string, names: string): Map<number, Owner> {
  const nameOf = new Map(
    Array.from(names.matchAll(/^(\d{1,10}) (.*)$/gm), ([, pid, name = '']) => [Number(pid), name]),
  );
  return new Map(
    Array.from(inodes.matchAll(/^(\d{1,20}) (\d{1,10})$/gm), ([, inode, process]) => {
      const pid = Number(process);
      return [Number(inode), { pid, name: nameOf.get(pid) ?? '' }];
    }),
  );
}
