import ipaddr from 'ipaddr.js';

/** An end of a connection, as its network namespace has it. */
export interface End {
  /** In the shortest form; IPv4 also of what is mapped. */
  readonly address: string;
  readonly port: number;
}

/** An established TCP socket, with what it has carried since it was opened. */
export interface Socket {
  /** Inode of its network namespace. */
  readonly namespace: string;
  readonly local: End;
  readonly remote: End;
  /** By which processes hold it: 0 where none does any more. */
  readonly inode: number;
  /** The kernel's own number of the socket, for as long as it lives. */
  readonly cookie: string;
  /** From the root of the tree of v2; undefined where `ss` does not tell, as of one that is gone. */
  readonly cgroup: string | undefined;
  /** Bytes that the peer has acknowledged, and bytes that came. */
  readonly sent: number;
  readonly received: number;
  /** Segments with data. */
  readonly segmentsOut: number;
  readonly segmentsIn: number;
  /** Seconds since something last went or came: it is no younger. */
  readonly quietFor: number;
  /** A protocol on top of TCP in the kernel, `tls` or `mptcp`. */
  readonly ulp: string | undefined;
}

/** Characters of a line: a path has 4,096 bytes (PATH_MAX), and ss prints it twice. */
const LONGEST = 16_384;

const HEAD = /^\d+ +\d+ +(\S+):(\d{1,5}) +(\S+):(\d{1,5}) +(.*)$/;
/** ss prints the path twice where it shows details: a name with blanks is read right. */
const CGROUP = / cgroup:(.*) [<-]-[->] cgroup:\1(?: |$)/;

/**
 * @param text output of `ss -tinHOe --cgroup state established` of a network namespace; lines of another
 *   form are passed over. Whoever names a cgroup can forge what stands in the lines of its own sockets.
 */
export function parseSockets(text: string, namespace: string): Socket[] {
  return text.split('\n').flatMap((line) => {
    if (line.length > LONGEST) return [];
    const [, localAddress = '', localPort, remoteAddress = '', remotePort, rest = ''] =
      HEAD.exec(line.trim()) ?? [];
    const [local, remote] = [end(localAddress, localPort), end(remoteAddress, remotePort)];
    if (local === undefined || remote === undefined) return [];
    const [details = ''] = rest.split(' cgroup:', 1);
    const cookie = / sk:([0-9a-f]{1,16})(?: |$)/.exec(` ${details} `)?.[1];
    if (cookie === undefined) return [];
    const named = CGROUP.exec(rest);
    const metrics = named === null ? rest : rest.slice(named.index + named[0].length - 1);
    const count = (name: string): number =>
      Number(new RegExp(` ${name}:(\\d{1,16})(?: |$)`).exec(metrics)?.[1] ?? 0);
    return [
      {
        namespace,
        local,
        remote,
        cookie,
        cgroup: whole(named?.[1]),
        inode: Number(/(?:^| )ino:(\d{1,16})(?: |$)/.exec(details)?.[1] ?? 0),
        sent: count('bytes_acked'),
        received: count('bytes_received'),
        segmentsOut: count('data_segs_out'),
        segmentsIn: count('data_segs_in'),
        quietFor: Math.max(count('lastsnd'), count('lastrcv'), count('lastack')) / 1000,
        ulp: / tcp-ulp-([a-z]{1,16})(?: |$)/.exec(metrics)?.[1],
      },
    ];
  });
}

/** For a cgroup that is gone, or outside of the mount, `ss` prints something else than a path. */
const whole = (cgroup: string | undefined): string | undefined =>
  cgroup?.startsWith('/') === true ? cgroup : undefined;

/** @param port decimal. */
function end(address: string, port: string | undefined): End | undefined {
  // The device that a socket is bound to stands behind the brackets of IPv6.
  const bare = address.replace(/%.*$/, '').replace(/^\[(.*)\]$/, '$1');
  if (port === undefined || Number(port) > 65_535 || !ipaddr.isValid(bare)) return undefined;
  return { address: shortest(bare), port: Number(port) };
}

/** @param address a valid one. @returns the form that `End` has. */
export const shortest = (address: string): string => ipaddr.process(address).toString();

/** @param text the addresses that `ss -tlnH` lists. */
export function parseListening(text: string): ReadonlySet<number> {
  const ports = Array.from(text.matchAll(/:(\d{1,5})$/gm), ([, port]) => Number(port));
  return new Set(ports.filter((port) => port > 0 && port <= 65_535));
}
