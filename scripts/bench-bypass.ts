/**
 * Measures the bypass against plain TCP and Unix sockets on this machine, in one interleaved run:
 * every round visits every arm, in turned order every second round, so that a noisy moment and a
 * drift fall on all of them. Ratios are of pairs of one round, with their 95% interval.
 *
 *   tsx scripts/bench-bypass.ts [--rounds 7] [--seconds 1] [--only TEXT]
 *
 * Needs root, clang, cc, bpftool, cgroup v2 and bpffs; redis and nginx are measured where installed.
 * Makes cgroups and pins of its own and removes them. Throughput is the receiver's.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { pairedRatio, type Ratio } from '../src/bench/statistics.ts';

const run = promisify(execFile);

const root = join(import.meta.dirname, '..');
const programs = join(root, 'test/host/programs');
const id = `bench-${process.pid}`;
const pinRoot = '/sys/fs/bpf';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

/** What may lie between two sockets. The programs, where there are some, see only the arm's cgroup. */
class Arm {
  readonly name: string;
  readonly source: string | undefined;
  readonly cgroup: string;
  readonly pins: string;

  constructor(name: string, source: string | undefined, mount: string) {
    const own = `${id}-${name.replaceAll(' ', '-')}`;
    this.name = name;
    this.source = source;
    this.cgroup = join(mount, own);
    this.pins = join(pinRoot, own);
  }

  async up(work: string): Promise<void> {
    await mkdir(this.cgroup);
    if (this.source === undefined) return;
    const object = join(work, `${this.source}.o`);
    const bpf = join(root, 'bpf');
    await run('clang', [
      ...['-O2', '-g', '-target', 'bpf', '-I', bpf],
      ...['-c', join(bpf, `${this.source}.bpf.c`), '-o', object],
    ]);
    await run('bpftool', ['prog', 'loadall', object, this.pins, 'pinmaps', this.pins]);
    await run('bpftool', ['prog', 'attach', ...this.verdict()]);
    await run('bpftool', ['cgroup', 'attach', ...this.sockops(), 'multi']);
  }

  async down(): Promise<void> {
    if (existsSync(this.pins)) {
      await run('bpftool', ['cgroup', 'detach', ...this.sockops()]).catch(() => undefined);
      await run('bpftool', ['prog', 'detach', ...this.verdict()]).catch(() => undefined);
      await rm(this.pins, { recursive: true });
    }
    for (let attempt = 0; existsSync(this.cgroup) && attempt < 50; attempt++) {
      await rmdir(this.cgroup).catch(() => sleep(100));
    }
  }

  /** The argv that runs a program inside the arm's cgroup. */
  inside(argv: readonly string[]): [string, string[]] {
    const script = 'echo $$ >"$0/cgroup.procs" && exec "$@"';
    return ['sh', ['-c', script, this.cgroup, ...argv]];
  }

  private verdict(): string[] {
    const { pins } = this;
    return [
      ...['pinned', `${pins}/sockmap_redirect`, 'msg_verdict'],
      ...['pinned', `${pins}/bypass_socks`],
    ];
  }

  private sockops(): string[] {
    return [this.cgroup, 'sock_ops', 'pinned', `${this.pins}/sockmap_sockops`];
  }
}

interface Measure {
  name: string;
  unit: 'per second' | 'Gbit/s' | 'requests/s';
  arms: readonly Arm[];
  /** One sample; larger is better. */
  sample: (arm: Arm) => Promise<number>;
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

const transferred = z.union([
  z.object({ bitsPerSecond: z.number() }).transform((it) => it.bitsPerSecond / 1e9),
  z.object({ transactionsPerSecond: z.number() }).transform((it) => it.transactionsPerSecond),
]);

async function transfer(work: string, arm: Arm, argv: readonly string[]): Promise<number> {
  const family = arm.name === 'unix' ? 'unix' : 'ipv4';
  const nodelay = arm.name === 'tcp nodelay' ? ['nodelay'] : [];
  const { stdout } = await run(
    ...arm.inside([join(work, 'transfer'), family, ...argv, ...nodelay]),
  );
  return transferred.parse(JSON.parse(stdout));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).once('error', () => {
        resolve(false);
      });
    });
    if (up) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** A server for each arm, inside its cgroup. */
async function servers(
  arms: readonly Arm[],
  started: ChildProcess[],
  argv: (port: number, arm: Arm) => Promise<string[]>,
): Promise<Map<Arm, number>> {
  const ports = new Map<Arm, number>();
  for (const arm of arms) {
    const port = await freePort();
    started.push(spawn(...arm.inside(await argv(port, arm)), { stdio: 'ignore' }));
    await listening(port);
    ports.set(arm, port);
  }
  return ports;
}

const installed = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));

async function redis(
  work: string,
  arms: readonly Arm[],
  started: ChildProcess[],
): Promise<Measure[]> {
  if (!installed('redis-server') || !installed('redis-benchmark')) return [];
  const ports = await servers(arms, started, (port) =>
    Promise.resolve([
      ...['redis-server', '--port', String(port), '--bind', '127.0.0.1'],
      ...['--save', '', '--appendonly', 'no', '--dir', work],
    ]),
  );
  return [
    {
      name: 'redis SET',
      unit: 'requests/s',
      arms,
      sample: async (arm) => {
        const { stdout } = await run(
          ...arm.inside([
            ...['redis-benchmark', '-h', '127.0.0.1', '-p', String(ports.get(arm))],
            ...['-t', 'set', '-c', '8', '-n', String(30000 * seconds), '--csv'],
          ]),
        );
        return Number(/"SET[^"]*","([\d.]+)"/.exec(stdout)?.[1]);
      },
    },
  ];
}

async function nginx(
  work: string,
  arms: readonly Arm[],
  started: ChildProcess[],
): Promise<Measure[]> {
  if (!installed('nginx') || !installed('wrk')) return [];
  await writeFile(join(work, '1m'), Buffer.alloc(1 << 20));
  const ports = await servers(arms, started, async (port) => {
    const file = join(work, `nginx-${port}.conf`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${work}/${name};`)
      .join(' ');
    await writeFile(
      file,
      `daemon off; user root; worker_processes 1; pid ${work}/nginx-${port}.pid; error_log /dev/null;
       events {} http { access_log off; sendfile on; keepalive_requests 100000000; ${temporary}
       server { listen 127.0.0.1:${port}; root ${work}; } }`,
    );
    return ['nginx', '-c', file];
  });
  return [
    {
      name: 'nginx 1 MB',
      unit: 'requests/s',
      arms,
      sample: async (arm) => {
        const url = `http://127.0.0.1:${ports.get(arm)}/1m`;
        const { stdout } = await run(
          ...arm.inside(['wrk', '-t', '1', '-c', '4', '-d', `${Math.ceil(seconds)}s`, url]),
        );
        return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
      },
    },
  ];
}

const told = ({ ratio, interval }: Ratio): string =>
  `${ratio.toFixed(2)}${interval ? ` (${interval.low.toFixed(2)}–${interval.high.toFixed(2)})` : ''}`;

/** What guarded is measured by: the rate over the better TCP's and over classic's; a round trip's time. */
function ratios(measure: Measure, samples: ReadonlyMap<Arm, number[]>): string {
  const find = (name: string) => measure.arms.find((arm) => arm.name === name);
  const values = (arm: Arm | undefined) => (arm && samples.get(arm)) ?? [];
  const tcps = measure.arms.filter((arm) => arm.name.startsWith('tcp'));
  const better = tcps.toSorted((a, b) => median(values(b)) - median(values(a)))[0];
  const trip = measure.unit === 'per second';
  const against = [...new Set(trip ? [find('tcp')] : [better, find('tcp')]), find('classic')];
  return against
    .flatMap((arm) => {
      const pairs = values(find('guarded')).map((own, round) => {
        const other = values(arm)[round] ?? Number.NaN;
        return trip ? ([other, own] as const) : ([own, other] as const);
      });
      const ratio = arm && pairedRatio(pairs);
      return ratio ? [`${told(ratio)} × ${arm.name}`] : [];
    })
    .join(', ');
}

const padded = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(25) : cell.padStart(26))).join('');

function row(measure: Measure, samples: ReadonlyMap<Arm, number[]>): string {
  const base = Math.max(
    ...measure.arms
      .filter((arm) => arm.name.startsWith('tcp'))
      .map((arm) => median(samples.get(arm) ?? [])),
  );
  const digits = measure.unit === 'Gbit/s' ? 2 : 0;
  const cells = measure.arms.map((arm) => {
    const values = samples.get(arm) ?? [];
    const spread = `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
    const middle = median(values);
    return `${middle.toFixed(digits)} ×${(middle / base).toFixed(2)} [${spread}]`;
  });
  return `${padded([measure.name, ...cells])}\n    guarded${measure.unit === 'per second' ? ', time' : ''}: ${ratios(measure, samples)}`;
}

const mounts = await readFile('/proc/mounts', 'utf8');
const mount = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
if (mount === undefined) throw new Error('cgroup v2 is not mounted');
const work = await mkdtemp(join(tmpdir(), 'bench-bypass-'));
const arms = [
  new Arm('tcp', undefined, mount),
  new Arm('tcp nodelay', undefined, mount),
  new Arm('classic', 'classic', mount),
  new Arm('guarded', 'sockmap_bypass', mount),
  new Arm('unix', undefined, mount),
] as const;
const apps = [arms[0], arms[2], arms[3]];
const started: ChildProcess[] = [];
const interrupted = new AbortController();
process.once('SIGINT', () => {
  interrupted.abort();
});

try {
  await run('cc', ['-O2', '-o', join(work, 'transfer'), join(programs, 'transfer.c')]);
  for (const arm of arms) await arm.up(work);

  const measures: Measure[] = [
    ...(['64', '1024'] as const).flatMap((bytes) =>
      (['', 'cpus=0,0'] as const).map((cpus): Measure => ({
        name: `round trip ${bytes} B${cpus === '' ? '' : ', 1 CPU'}`,
        unit: 'per second',
        arms,
        sample: (arm) =>
          transfer(work, arm, ['rr', bytes, String(seconds), ...(cpus === '' ? [] : [cpus])]),
      })),
    ),
    ...[64, 256, 1024, 8192, 65536, 262144].map((bytes): Measure => ({
      name: `one way ${bytes} B`,
      unit: 'Gbit/s',
      arms,
      sample: (arm) => transfer(work, arm, ['stream', String(bytes), String(seconds)]),
    })),
    ...(await redis(work, apps, started)),
    ...(await nginx(work, apps, started)),
  ].filter((measure) => measure.name.includes(options.only));

  console.log(`${rounds} rounds; median, × the better TCP, [lowest–highest]`);
  let heading = '';
  for (const measure of measures) {
    const samples = new Map<Arm, number[]>(measure.arms.map((arm) => [arm, []]));
    for (let round = 0; round < rounds && !interrupted.signal.aborted; round++) {
      const order = round % 2 === 0 ? measure.arms : measure.arms.toReversed();
      for (const arm of order) samples.get(arm)?.push(await measure.sample(arm));
    }
    if (interrupted.signal.aborted) break;
    const names = padded([`(${measure.unit})`, ...measure.arms.map((arm) => arm.name)]);
    if (names !== heading) console.log(`\n${names}`);
    heading = names;
    console.log(row(measure, samples));
  }
} finally {
  for (const child of started) child.kill();
  for (const child of started) {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  for (const arm of arms) await arm.down();
  await rm(work, { recursive: true, force: true });
}
