import { groupBy } from '../results/samples.ts';
import type { Pair } from './pairs.ts';
import type { Socket } from './sockets.ts';

export interface Processes {
  /** Which process holds a socket, by its inode. */
  readonly holders: ReadonlyMap<
    number,
    { readonly pid: number; readonly name: string | undefined }
  >;
  /** CPU time a second of processes, by pid. */
  readonly cpu: ReadonlyMap<number, number>;
}

/** Pids that are named of a side. */
const MOST_PIDS = 20;

export interface Side {
  /** Name of the process as the kernel has it; undefined where none holds the socket. */
  readonly process: string | undefined;
  /** Processes of that name that hold its sockets, 20 at most. */
  readonly pids: readonly number[];
  /** CPU time of these a second: 1 is one CPU. It is all that they do, not for these connections alone. */
  readonly cpu: number | undefined;
  readonly cgroup: string | undefined;
  /** A container's or unit's name. */
  readonly label?: string | undefined;
  readonly namespace: string;
}

/** Ways to use a connection: they decide what a bypass gains. */
export type Shape = 'request-response' | 'one-way' | 'idle';

/** All connections of one kind of client to one kind of server. */
export interface Flow {
  readonly server: Side & { readonly port: number };
  readonly client: Side;
  readonly connections: number;
  /** Among these, those that were made between the snapshots; and those of the first that were gone at the second. */
  readonly opened: number;
  readonly closed: number;
  /** Seconds: the median connection is at least as old. The kernel does not tell when one was made. */
  readonly minimumAge: number;
  readonly family: 'IPv4' | 'IPv6' | 'both';
  readonly isTranslated: boolean;
  readonly sameNamespace: boolean;
  /** A second, both directions apart. */
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** Segments with data a second: at least so many messages where these are small. */
  readonly segmentsToServer: number;
  readonly segmentsToClient: number;
  /** Messages a second, one for each call that sent; of segments where calls were not traced. */
  readonly messagesToServer: number;
  readonly messagesToClient: number;
  readonly messagesFrom: 'calls' | 'segments';
  /** Mean bytes of a message; 0 where none came by. */
  readonly meanToServer: number;
  readonly meanToClient: number;
  /** TLS in the kernel on one end of a connection; and ends that are subflows of Multipath TCP. */
  readonly kernelTls: boolean;
  readonly mptcp: boolean;
  readonly shape: Shape;
}

/** A flow, and the inodes of its sockets at either end. */
export interface FlowOfSockets {
  readonly flow: Flow;
  readonly server: readonly number[];
  readonly client: readonly number[];
}

/**
 * Adds up what pairs carried since a snapshot.
 * @param before pairs and sockets of that snapshot; a socket that was not there yet has carried all of it since.
 * @returns with the inodes of their sockets.
 */
export function flowsOf(
  pairs: readonly Pair[],
  before: { readonly sockets: readonly Socket[]; readonly pairs: readonly Pair[] },
  seconds: number,
  processes: Processes,
): FlowOfSockets[] {
  const earlier = new Map(before.sockets.map((one) => [keyOf(one), one]));
  const nameOf = namer(pairs, processes);
  const groups = groupBy(pairs, (pair) =>
    JSON.stringify([placeOf(pair), nameOf(pair.server, pair), nameOf(pair.client, pair)]),
  );
  const now = new Set(pairs.map(({ server }) => keyOf(server)));
  const closed = groupBy(
    before.pairs.filter(({ server }) => !now.has(keyOf(server))),
    placeOf,
  );
  return Array.from(groups.values(), (group) => {
    const [first] = group;
    if (first === undefined) throw new RangeError('a group has a pair');
    const place = placeOf(first);
    // Which of the processes that share a flow closed it is not known: counted once.
    const gone = closed.get(place)?.length ?? 0;
    closed.delete(place);
    const names = { server: nameOf(first.server, first), client: nameOf(first.client, first) };
    const flow = flowOf(group, { earlier, seconds, processes, names, closed: gone });
    const inodes = (side: 'server' | 'client') => group.map((pair) => pair[side].inode);
    return { flow, server: inodes('server'), client: inodes('client') };
  }).sort((a, b) => volume(b.flow) - volume(a.flow));
}

const volume = ({ bytesToServer, bytesToClient }: Flow): number => bytesToServer + bytesToClient;

const keyOf = ({ namespace, cookie }: Socket): string => `${namespace} ${cookie}`;

const placeOf = ({ server, client }: Pair): string =>
  JSON.stringify([
    server.cgroup,
    server.namespace,
    server.local.port,
    client.cgroup,
    client.namespace,
  ]);

/** A socket's process by name; of one that was closed before it was looked for, that of all like it. */
function namer(pairs: readonly Pair[], { holders }: Processes) {
  const alike = new Map<string, Set<string>>();
  const ends = ({ server, client }: Pair) => [server, client] as const;
  const key = (socket: Socket, pair: Pair) => `${socket === pair.server} ${placeOf(pair)}`;
  for (const pair of pairs) {
    for (const end of ends(pair)) {
      const name = holders.get(end.inode)?.name;
      if (name === undefined) continue;
      const known = alike.get(key(end, pair));
      if (known === undefined) alike.set(key(end, pair), new Set([name]));
      else known.add(name);
    }
  }
  return (socket: Socket, pair: Pair): string | undefined => {
    const name = holders.get(socket.inode)?.name;
    if (name !== undefined) return name;
    const names = alike.get(key(socket, pair));
    return names?.size === 1 ? Array.from(names)[0] : undefined;
  };
}

interface Context {
  readonly earlier: ReadonlyMap<string, Socket>;
  readonly seconds: number;
  readonly processes: Processes;
  readonly names: { readonly server: string | undefined; readonly client: string | undefined };
  readonly closed: number;
}

function flowOf(group: readonly Pair[], context: Context): Flow {
  const { earlier, seconds, processes, names, closed } = context;
  const [first] = group;
  if (first === undefined) throw new RangeError('a group has a pair');
  const sums = { toServer: 0, toClient: 0, segmentsToServer: 0, segmentsToClient: 0, opened: 0 };
  const ages: number[] = [];
  for (const { server } of group) {
    const start = earlier.get(keyOf(server));
    if (start === undefined) sums.opened++;
    ages.push(Math.max(start === undefined ? 0 : seconds + start.quietFor, server.quietFor));
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
  const has = (ulp: string): boolean =>
    group.some(({ server, client }) => server.ulp === ulp || client.ulp === ulp);
  const segments = {
    segmentsToServer: rate(sums.segmentsToServer),
    segmentsToClient: rate(sums.segmentsToClient),
  };
  const ends = (side: 'server' | 'client') =>
    sideOf(
      group.map((pair) => pair[side]),
      names[side],
      processes,
    );
  return {
    server: { ...ends('server'), port: first.server.local.port },
    client: ends('client'),
    connections: group.length,
    opened: sums.opened,
    closed,
    minimumAge: middle(ages),
    family: families.size > 1 ? 'both' : family,
    isTranslated: group.some(({ by }) => by !== 'addresses'),
    sameNamespace: first.server.namespace === first.client.namespace,
    bytesToServer: rate(sums.toServer),
    bytesToClient: rate(sums.toClient),
    ...segments,
    messagesToServer: segments.segmentsToServer,
    messagesToClient: segments.segmentsToClient,
    messagesFrom: 'segments',
    meanToServer: mean(sums.toServer, sums.segmentsToServer),
    meanToClient: mean(sums.toClient, sums.segmentsToClient),
    kernelTls: has('tls'),
    mptcp: has('mptcp'),
    shape: shapeOf(sums.segmentsToServer, sums.segmentsToClient),
  };
}

const mean = (bytes: number, messages: number): number =>
  messages > 0 ? Math.max(bytes, 0) / messages : 0;

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** So many times as many segments one way as the other: nobody answers each message. */
const ONE_WAY = 4;

function shapeOf(toServer: number, toClient: number): Shape {
  if (toServer + toClient <= 0) return 'idle';
  const [few, many] = [Math.min(toServer, toClient), Math.max(toServer, toClient)];
  return many > ONE_WAY * few ? 'one-way' : 'request-response';
}

function sideOf(
  sockets: readonly Socket[],
  process: string | undefined,
  { holders, cpu }: Processes,
): Side {
  const [first] = sockets;
  if (first === undefined) throw new RangeError('a side has a socket');
  const pids = new Set(sockets.flatMap(({ inode }) => holders.get(inode)?.pid ?? []));
  const times = Array.from(pids).flatMap((pid) => cpu.get(pid) ?? []);
  return {
    process,
    pids: Array.from(pids)
      .toSorted((a, b) => a - b)
      .slice(0, MOST_PIDS),
    cpu: times.length === 0 ? undefined : times.reduce((sum, one) => sum + one, 0),
    cgroup: first.cgroup,
    namespace: first.namespace,
  };
}

/** The amount sent on a socket. */
export interface Sent {
  readonly sends: number;
  readonly bytes: number;
}

/**
 * A flow with its messages as they were sent, where that was counted. Of connections that are on a bypass
 * TCP's own counters say nothing.
 */
export function withMessages(
  { flow, server, client }: FlowOfSockets,
  sent: ReadonlyMap<number, Sent>,
  seconds: number,
): Flow {
  const sum = (inodes: readonly number[]): Sent =>
    inodes.reduce(
      (sums, inode) => {
        const { sends, bytes } = sent.get(inode) ?? { sends: 0, bytes: 0 };
        return { sends: sums.sends + sends, bytes: sums.bytes + bytes };
      },
      { sends: 0, bytes: 0 },
    );
  const [toServer, toClient] = [sum(client), sum(server)];
  if (toServer.sends + toClient.sends === 0) return flow;
  return {
    ...flow,
    bytesToServer: Math.max(flow.bytesToServer, toServer.bytes / seconds),
    bytesToClient: Math.max(flow.bytesToClient, toClient.bytes / seconds),
    messagesToServer: toServer.sends / seconds,
    messagesToClient: toClient.sends / seconds,
    messagesFrom: 'calls',
    meanToServer: mean(toServer.bytes, toServer.sends),
    meanToClient: mean(toClient.bytes, toClient.sends),
    shape: shapeOf(toServer.sends, toClient.sends),
  };
}
