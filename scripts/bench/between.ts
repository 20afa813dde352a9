import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { makeNamespaces, type Namespaces, type Netns } from '../../src/bench/namespaces.ts';
import type { Reach } from '../../src/bypass/config.ts';
import { loadBypass, servingAttachment } from '../../src/bypass/load.ts';
import { parseCounters } from '../../src/bypass/counters.ts';
import type { Host } from '../../src/host/host.ts';
import { inside } from '../../test/harness/host/arms.ts';
import { bpfSource, makeSite } from '../../test/harness/host/bypass.ts';
import { run } from '../../test/harness/run.ts';

/** The bridge's own address, to which one that is published belongs. */
const BRIDGE = '198.18.0.254';
const PUBLISHED = 8080;
const PORT = 5201;
/** A port for each arm: the programs learn about a service's connections by its port. */
const SHORT_PORT = 5202;

/** The way between two sockets. */
export interface Arm {
  readonly name: string;
  /** Where both ends are. */
  readonly cgroup: string;
  /** Beside it, outside of the bypass. */
  readonly outside: string;
  /** With both of them. */
  readonly whole: string;
  readonly nodelay: boolean;
  /** Pins of its programs, if it has any. */
  readonly pins?: string | undefined;
}

export async function makeArm(
  host: Host,
  name: string,
  reach: Reach | 'none',
  limits: { maxSockets?: number } = {},
): Promise<Arm> {
  const site = makeSite(`between-${name.replaceAll(' ', '-')}`);
  const arm = {
    name,
    cgroup: site.path,
    outside: site.cgroup.child('outside'),
    whole: site.cgroup.path,
    nodelay: name === 'tcp nodelay',
  };
  if (reach === 'none') return arm;
  const source = await bpfSource('guarded');
  const status = await loadBypass(host, {
    cgroup: arm.cgroup,
    source,
    reach,
    limits: { localNetworks: [BRIDGE], ...limits },
  });
  return { ...arm, pins: servingAttachment(status, arm.cgroup)?.pins };
}

/** How the two ends are connected: two namespaces, the same through a published port, or one over loopback. */
type Way = 'veth' | 'dnat' | 'loopback';

export interface Wanted {
  readonly kind: 'rr' | 'stream' | 'crr';
  readonly bytes: number;
  readonly way: Way;
  readonly oneCpu?: boolean;
  /** The end that listens is outside of the cgroup. */
  readonly outside?: boolean;
}

export interface Sample {
  /** Transactions a second, or Gbit/s at the receiver. */
  readonly rate: number;
  /** CPU time of both ends and of what the kernel did for them: µs a transaction, or seconds a GB. */
  readonly demand: number;
  /** Bytes that were redirected, of all that were sent: 0 to 1; NaN without a bypass. */
  readonly redirected: number;
}

const transferred = z.union([
  z.object({ bitsPerSecond: z.number(), bytes: z.number() }),
  z.object({ transactionsPerSecond: z.number(), transactions: z.number() }),
]);

/** Two network namespaces with veth pairs, a bridge, and a port published on it; they go with the host. */
export class Stage {
  readonly #program: string;
  readonly namespaces: Namespaces;

  private constructor(program: string, namespaces: Namespaces) {
    this.#program = program;
    this.namespaces = namespaces;
  }

  /** @param program test/host/programs/transfer.c, compiled. */
  static async set(host: Host, program: string): Promise<Stage> {
    await host.ready('benchmark');
    const namespaces = await makeNamespaces(host);
    const { client, server, bridge, address } = namespaces;
    // As many connections as CRR makes leave no port free otherwise.
    for (const netns of [client, server]) {
      await sysctl(netns, 'ipv4/tcp_max_tw_buckets', '1000');
      await sysctl(netns, 'ipv4/ip_local_port_range', '1024 65535');
    }
    await sysctl(bridge, 'ipv4/ip_forward', '1');
    await runIn(bridge, ['ip', 'address', 'add', `${BRIDGE}/24`, 'dev', 'bridge']);
    await runIn(bridge, ['nft', '-f', '-'], {
      input: `table ip published {
  chain in { type nat hook prerouting priority dstnat; ip daddr ${BRIDGE} tcp dport ${PUBLISHED} dnat to ${address}:${PORT}; }
  chain out { type nat hook postrouting priority srcnat; ip daddr ${address} ct status dnat masquerade; }
}
`,
    });
    return new Stage(program, namespaces);
  }

  async sample(arm: Arm, wanted: Wanted, seconds: number): Promise<Sample> {
    const { kind, bytes, way, oneCpu = false, outside = false } = wanted;
    const { client, server, address } = this.namespaces;
    const at = way === 'loopback' ? '127.0.0.1' : address;
    const argv = [
      this.#program,
      'ipv4',
      kind,
      String(bytes),
      String(seconds),
      `client=${fileOf(way === 'loopback' ? server : client)}`,
      `server=${fileOf(server)}`,
      `at=${at}`,
      `port=${kind === 'crr' ? SHORT_PORT : PORT}`,
      ...(way === 'dnat' ? [`to=${BRIDGE}:${PUBLISHED}`] : []),
      ...(oneCpu ? ['cpus=0,0'] : []),
      ...(outside ? [`cgroup=${arm.outside}`] : []),
      ...(arm.nodelay ? ['nodelay'] : []),
    ];
    const before = { cpu: cpuSeconds(arm), redirected: await redirectedBytes(arm) };
    const [command = '', ...args] = inside(arm, argv);
    const told = transferred.parse(JSON.parse(await run(command, args)));
    const cpu = cpuSeconds(arm) - before.cpu;
    const redirected = (await redirectedBytes(arm)) - before.redirected;
    return 'bytes' in told
      ? {
          rate: told.bitsPerSecond / 1e9,
          demand: cpu / (told.bytes / 1e9),
          redirected: redirected / told.bytes,
        }
      : {
          rate: told.transactionsPerSecond,
          demand: (cpu * 1e6) / told.transactions,
          redirected: redirected / (2 * bytes * told.transactions),
        };
  }
}

/** The file of a network namespace. */
export const fileOf = (netns: Netns): string => `/proc/${netns.split(':')[0] ?? ''}/ns/net`;

const runIn = (netns: Netns, argv: readonly string[], options?: { input?: string }) =>
  run('nsenter', [`--net=${fileOf(netns)}`, '--', ...argv], options);

const sysctl = (netns: Netns, name: string, value: string) =>
  runIn(netns, ['sh', '-c', 'echo "$2" >"/proc/sys/net/$1"', 'sh', name, value]);

/** CPU time of both ends. What the kernel does for a sender while it sends, up to the receiver's queue, counts. */
function cpuSeconds({ whole }: Arm): number {
  const text = readFileSync(path.join(whole, 'cpu.stat'), 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e6;
}

async function countersOf({ pins }: Arm): Promise<Record<string, number>> {
  if (pins === undefined) return {};
  const pin = path.join(pins, 'bypass_counters');
  return parseCounters(await run('bpftool', ['-j', 'map', 'dump', 'pinned', pin]));
}

const redirectedBytes = async (arm: Arm): Promise<number> =>
  (await countersOf(arm))['redirected_bytes'] ?? NaN;
