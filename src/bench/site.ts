import type { Namespaces } from './namespaces.ts';

/** Where an arm is measured. */
export interface Site {
  readonly cgroup: string;
  /** Its number, which no later cgroup of the name has. */
  readonly cgroupId: string;
  readonly server: NetServer;
  readonly address: string;
  /** Port of its netserver, on the address. */
  readonly port: number;
  /** Passphrase that netserver expects first; undefined where the version knows of none. */
  readonly passphrase: string | undefined;
  /** Where netperf and netserver are, if not in the network namespace at hand. */
  readonly netns?: Pick<Namespaces, 'client' | 'server'> | undefined;
  /** The number of the user that netserver and netperf are. */
  readonly user: string;
  /** Directory of the programs that serve it; undefined outside of every bypass. */
  readonly pins?: string;
  /** The id of the program there that redirects. */
  readonly program?: number;
}

/** A netserver that cannot be mistaken for another process. */
interface NetServer {
  readonly pid: string;
  /** In clock ticks since boot. */
  readonly startedAt: string;
  /** The inode of the socket it listens with. */
  readonly socket: string;
}

/**
 * Reads what bench-netservers.sh prints.
 * @param cgroups in the order they were given to it.
 * @throws Error where it printed something else.
 */
export function parseSites(
  line: string,
  { address, netns }: Pick<Site, 'address' | 'netns'>,
  cgroups: readonly string[],
): Site[] {
  const [user = '', passphrase = '', ...servers] = line.trim().split(' ');
  if (servers.length !== cgroups.length) throw new Error(`not as many netservers: ${line}`);
  return cgroups.map((cgroup, index) => {
    const [cgroupId = '', pid = '', startedAt = '', socket = '', port = ''] =
      servers[index]?.split(':') ?? [];
    return {
      cgroup,
      cgroupId,
      address,
      netns,
      user,
      port: Number(port),
      passphrase: passphrase === '-' ? undefined : passphrase,
      server: { pid, startedAt, socket },
    };
  });
}
