import ipaddr from 'ipaddr.js';
import { shortest, type End, type Socket } from './sockets.ts';

/** Both ends of a connection whose two sockets are on the host. */
export interface Pair {
  /** The end that listened. */
  readonly server: Socket;
  readonly client: Socket;
  /** How they were found: by their addresses, or by what both have carried, where addresses are translated. */
  readonly by: 'addresses' | 'connection tracking' | 'client address' | 'bytes';
}

/** Bytes each way that two sockets have to have in common to be taken for one connection. */
const TELLING_BYTES = 64;

const at = ({ address, port }: End): string => `${address} ${port}`;

/**
 * Joins the two ends of connections within the host.
 * @param sockets of all network namespaces at one moment.
 * @param listening ports that are listened on, by network namespace.
 * @param translated of `parseTracked`.
 */
export function joinEnds(
  sockets: readonly Socket[],
  listening: ReadonlyMap<string, ReadonlySet<number>>,
  translated: ReadonlyMap<string, string>,
): Pair[] {
  const pairs: Pair[] = [];
  const left = new Set(sockets);
  const take = (one: Socket, other: Socket, by: Pair['by']): void => {
    left.delete(one);
    left.delete(other);
    pairs.push(inOrder(one, other, listening, by));
  };
  const match = (
    by: Pair['by'],
    keyOf: (socket: Socket) => string | undefined,
    mirrorOf: (socket: Socket) => string | undefined,
  ): void => {
    const found = new Map<string, Socket[]>();
    for (const one of left) {
      const key = keyOf(one);
      if (key === undefined) continue;
      const same = found.get(key);
      if (same === undefined) found.set(key, [one]);
      else same.push(one);
    }
    for (const one of Array.from(left)) {
      const mirror = mirrorOf(one);
      if (mirror === undefined || !left.has(one)) continue;
      const other = onlyOne(found.get(mirror) ?? [], (each) => each !== one && left.has(each));
      if (other !== undefined) take(one, other, by);
    }
  };
  match(
    'addresses',
    ({ namespace, local, remote }) => `${namespace} ${at(local)} ${at(remote)}`,
    ({ namespace, local, remote }) => `${namespace} ${at(remote)} ${at(local)}`,
  );
  match(
    'addresses',
    ({ local, remote }) => `${at(local)} ${at(remote)}`,
    ({ local, remote }) => `${at(remote)} ${at(local)}`,
  );
  match(
    'connection tracking',
    ({ local, remote }) => `${at(local)} ${at(remote)}`,
    ({ local, remote }) => translated.get(`${at(local)} ${at(remote)}`),
  );
  // The destination is translated alone: who accepts sees who connects.
  match(
    'client address',
    ({ local }) => at(local),
    ({ remote }) => at(remote),
  );
  const isTelling = ({ sent, received }: Socket) =>
    sent >= TELLING_BYTES && received >= TELLING_BYTES;
  match(
    'bytes',
    (one) => (isTelling(one) ? `${one.sent} ${one.received}` : undefined),
    (one) => (isTelling(one) ? `${one.received} ${one.sent}` : undefined),
  );
  return pairs;
}

/** Either of two candidates may be wrong. The second ends the search: a server has many with one address. */
function onlyOne(
  sockets: readonly Socket[],
  could: (socket: Socket) => boolean,
): Socket | undefined {
  let only: Socket | undefined;
  for (const each of sockets) {
    if (!could(each)) continue;
    if (only !== undefined) return undefined;
    only = each;
  }
  return only;
}

const TRACKED =
  /\bsrc=(\S+) dst=(\S+) sport=(\d{1,5}) dport=(\d{1,5}) .*?\bsrc=(\S+) dst=(\S+) sport=(\d{1,5}) dport=(\d{1,5}) /;

/**
 * Reads connections whose addresses are translated.
 * @param text lines of /proc/net/nf_conntrack, or of `conntrack -L`, with both of their tuples.
 * @returns by "LOCAL PORT REMOTE PORT" of the end that connected the same of the end that accepted.
 */
export function parseTracked(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, ...tuples] = TRACKED.exec(line) ?? [];
    // The kernel's table has all zeros of an IPv6 address.
    const [from, to, fromPort, toPort, server, client, serverPort, clientPort] = tuples.map(
      (word) => (/^\d+$/.test(word) || !ipaddr.isValid(word) ? word : shortest(word)),
    );
    if (server === undefined) continue;
    if (from === client && to === server && fromPort === clientPort && toPort === serverPort)
      continue;
    found.set(
      `${from} ${fromPort} ${to} ${toPort}`,
      `${server} ${serverPort} ${client} ${clientPort}`,
    );
  }
  return found;
}

function inOrder(
  one: Socket,
  other: Socket,
  listening: ReadonlyMap<string, ReadonlySet<number>>,
  by: Pair['by'],
): Pair {
  const listens = ({ namespace, local }: Socket): boolean =>
    listening.get(namespace)?.has(local.port) ?? false;
  const isServer =
    listens(one) === listens(other) ? one.local.port <= other.local.port : listens(one);
  return isServer ? { server: one, client: other, by } : { server: other, client: one, by };
}
