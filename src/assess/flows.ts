import type { Pair } from './pairs.ts';
import type { Socket } from './sockets.ts';

/** Which process holds a socket, by its inode. */
export type Holders = ReadonlyMap<number, { readonly pid: number; readonly name: string }>;

export interface Side {
  /** Name of the process as the kernel has it; undefined where none holds the socket. */
  readonly process: string | undefined;
  readonly cgroup: string | undefined;
  /** A container's or unit's name. */
  readonly label?: string | undefined;
  readonly namespace: string;
}

/** Ways to use a connection: they decide what a bypass gains. */
type Shape = 'request-response' | 'one-way' | 'idle';

/** All connections of one kind of client to one kind of server. */
export interface Flow {
  readonly server: Side & { readonly port: number };
  readonly client: Side;
  readonly connections: number;
  /** Of these, those that were made between the snapshots. */
  readonly opened: number;
  readonly family: 'IPv4' | 'IPv6' | 'both';
  readonly isTranslated: boolean;
  readonly sameNamespace: boolean;
  /** A second, both directions apart. */
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** Segments with data a second: at least so many messages where these are small. */
  readonly segmentsToServer: number;
  readonly segmentsToClient: number;
  readonly shape: Shape;
}

/**
 * Adds up what pairs carried since a snapshot.
 * @param before sockets of that snapshot; one that was not there yet has carried all of it since.
 */
export function flowsOf(
  pairs: readonly Pair[],
  before: readonly Socket[],
  seconds: number,
  holders: Holders,
): Flow[] {
  const earlier = new Map(before.map((one) => [keyOf(one), one]));
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const { server, client } = pair;
    const key = JSON.stringify([
      ...[server.cgroup, holders.get(server.inode)?.name, server.namespace, server.local.port],
      ...[client.cgroup, holders.get(client.inode)?.name, client.namespace],
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pair]);
    else group.push(pair);
  }
  return Array.from(groups.values(), (group) => flowOf(group, earlier, seconds, holders)).sort(
    (a, b) => volume(b) - volume(a),
  );
}

const volume = ({ bytesToServer, bytesToClient }: Flow): number => bytesToServer + bytesToClient;

const keyOf = ({ namespace, cookie }: Socket): string => `${namespace} ${cookie}`;

function flowOf(
  group: readonly Pair[],
  earlier: ReadonlyMap<string, Socket>,
  seconds: number,
  holders: Holders,
): Flow {
  const [first] = group;
  if (first === undefined) throw new RangeError('a group has a pair');
  const sums = { toServer: 0, toClient: 0, segmentsToServer: 0, segmentsToClient: 0, opened: 0 };
  for (const { server } of group) {
    const start = earlier.get(keyOf(server));
    if (start === undefined) sums.opened++;
    // A connection's own counters: seen from the server, whose side has both.
    sums.toServer += server.received - (start?.received ?? 0);
    sums.toClient += server.sent - (start?.sent ?? 0);
    sums.segmentsToServer += server.segmentsIn - (start?.segmentsIn ?? 0);
    sums.segmentsToClient += server.segmentsOut - (start?.segmentsOut ?? 0);
  }
  const families = new Set(
    group.map(({ server }) => (server.local.address.includes(':') ? 'IPv6' : 'IPv4')),
  );
  const [family = 'IPv4'] = families;
  const rate = (sum: number): number => Math.max(sum, 0) / seconds;
  return {
    server: { ...sideOf(first.server, holders), port: first.server.local.port },
    client: sideOf(first.client, holders),
    connections: group.length,
    opened: sums.opened,
    family: families.size > 1 ? 'both' : family,
    isTranslated: group.some(({ by }) => by !== 'addresses'),
    sameNamespace: first.server.namespace === first.client.namespace,
    bytesToServer: rate(sums.toServer),
    bytesToClient: rate(sums.toClient),
    segmentsToServer: rate(sums.segmentsToServer),
    segmentsToClient: rate(sums.segmentsToClient),
    shape: shapeOf(sums.segmentsToServer, sums.segmentsToClient),
  };
}

/** So many times as many segments one way as the other: nobody answers each message. */
const ONE_WAY = 4;

function shapeOf(toServer: number, toClient: number): Shape {
  if (toServer + toClient <= 0) return 'idle';
  const [few, many] = [Math.min(toServer, toClient), Math.max(toServer, toClient)];
  return many > ONE_WAY * few ? 'one-way' : 'request-response';
}

function sideOf({ inode, cgroup, namespace }: Socket, holders: Holders): Side {
  return { process: holders.get(inode)?.name, cgroup, namespace };
}
