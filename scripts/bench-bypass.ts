/**
 * Measures the bypass against plain TCP and Unix sockets on this machine, in interleaved rounds
 * (`takeRounds`). Ratios are of pairs of one round, with their 95% interval.
 *
 *   tsx scripts/bench-bypass.ts [--reach namespace|host] [--rounds 7] [--seconds 1] [--only TEXT]
 *
 * There is a table for each reach: within one network namespace, over loopback, and between two.
 * TEXT is a part of what its lines are called.
 *
 * Needs root, clang, cc, bpftool, cgroup v2 and bpffs; redis and nginx are measured where installed.
 * Makes cgroups of its own, loads on them as the product does, and removes all of it, also when a
 * signal ends it. Throughput is the receiver's.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { pairedRatio, type Ratio } from '../src/results/statistics.ts';
import { loadBypass } from '../src/bypass/load.ts';
import type { Policy } from '../src/bypass/attachment.ts';
import { Host } from '../src/host/host.ts';
import { inside } from '../test/harness/host/arms.ts';
import { bpfSource, makeSite } from '../test/harness/host/bypass.ts';
import {
  nginxScratch,
  startRedis,
  startServer,
  type Server,
} from '../test/harness/host/servers.ts';
import { runToEnd } from '../test/harness/cleanup.ts';
import { run } from '../test/harness/run.ts';
import { temporaryDirectory } from '../test/harness/temporary.ts';
import { containersTable } from './bench/containers.ts';
import { takeRounds } from './bench/rounds.ts';

const PROGRAMS = path.join(import.meta.dirname, '../test/host/programs');

const { values: options } = parseArgs({
  options: {
    reach: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

/** Things that may lie between two sockets. The programs, where there are some, see only the arm's cgroup. */
interface Arm {
  readonly name: string;
  readonly cgroup: string;
}

function makeArm(name: string): Arm {
  return { name, cgroup: makeSite(`bench-${name.replaceAll(' ', '-')}`).path };
}

async function makeBypass(host: Host, policy: Policy): Promise<Arm> {
  const arm = makeArm(policy);
  await loadBypass(host, { cgroup: arm.cgroup, source: await bpfSource(policy) });
  return arm;
}

function runInside(arm: Arm, argv: readonly string[]): Promise<string> {
  const [command = '', ...args] = inside(arm, argv);
  return run(command, args);
}

interface Measure {
  name: string;
  unit: 'per second' | 'Gbit/s' | 'requests/s';
  arms: readonly Arm[];
  /** One sample; larger is better. */
  sample: (arm: Arm) => Promise<number>;
}

const transferred = z.union([
  z.object({ bitsPerSecond: z.number() }).transform((it) => it.bitsPerSecond / 1e9),
  z.object({ transactionsPerSecond: z.number() }).transform((it) => it.transactionsPerSecond),
]);

async function transfer(program: string, arm: Arm, argv: readonly string[]): Promise<number> {
  const family = arm.name === 'unix' ? 'unix' : 'ipv4';
  const nodelay = arm.name === 'tcp nodelay' ? ['nodelay'] : [];
  const text = await runInside(arm, [program, family, ...argv, ...nodelay]);
  return transferred.parse(JSON.parse(text));
}

const installed = (program: string): boolean =>
  (process.env['PATH'] ?? '')
    .split(':')
    .some((folder) => fs.existsSync(path.join(folder, program)));

/** The port of a server for each arm, inside its cgroup. */
async function serve(
  arms: readonly Arm[],
  start: (arm: Arm) => Promise<Server>,
): Promise<(arm: Arm) => number> {
  const ports = new Map<Arm, number>();
  for (const arm of arms) ports.set(arm, (await start(arm)).port);
  return (arm) => ports.get(arm) ?? Number.NaN;
}

async function redis(arms: readonly Arm[]): Promise<Measure[]> {
  if (!installed('redis-server') || !installed('redis-benchmark')) return [];
  const port = await serve(arms, (arm) => startRedis(arm));
  return [
    {
      name: 'redis SET',
      unit: 'requests/s',
      arms,
      sample: async (arm) => {
        const text = await runInside(arm, [
          'redis-benchmark',
          '-h',
          '127.0.0.1',
          '-p',
          String(port(arm)),
          '-t',
          'set',
          '-c',
          '8',
          '-n',
          String(30000 * seconds),
          '--csv',
        ]);
        return Number(/"SET[^"]*","([\d.]+)"/.exec(text)?.[1]);
      },
    },
  ];
}

/** One worker, and nothing but a file. */
const startNginx = (arm: Arm): Promise<Server> =>
  startServer({
    arm,
    argv: (port, directory) => {
      fs.writeFileSync(path.join(directory, '1m'), Buffer.alloc(1 << 20));
      const config = path.join(directory, 'nginx.conf');
      fs.writeFileSync(
        config,
        `daemon off; user root; worker_processes 1; pid ${directory}/pid; error_log stderr;
events {}
http {
  access_log off; sendfile on; keepalive_requests 100000000; ${nginxScratch(directory)}
  server { listen 127.0.0.1:${port}; root ${directory}; }
}
`,
      );
      return ['nginx', '-e', 'stderr', '-c', config];
    },
  });

async function nginx(arms: readonly Arm[]): Promise<Measure[]> {
  if (!installed('nginx') || !installed('wrk')) return [];
  const port = await serve(arms, startNginx);
  return [
    {
      name: 'nginx 1 MB',
      unit: 'requests/s',
      arms,
      sample: async (arm) => {
        const url = `http://127.0.0.1:${port(arm)}/1m`;
        const duration = `${Math.ceil(seconds)}s`;
        const text = await runInside(arm, ['wrk', '-t', '1', '-c', '4', '-d', duration, url]);
        return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
      },
    },
  ];
}

const ratioText = ({ ratio, interval }: Ratio): string =>
  `${ratio.toFixed(2)}${interval ? ` (${interval.low.toFixed(2)}–${interval.high.toFixed(2)})` : ''}`;

/** The measure of guarded: the rate over the better TCP's and over classic's; a round trip's time. */
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
      return ratio ? [`${ratioText(ratio)} × ${arm.name}`] : [];
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

async function main(): Promise<void> {
  const { reach } = options;
  const program = path.join(temporaryDirectory().path, 'transfer');
  await run('cc', ['-O2', '-o', program, path.join(PROGRAMS, 'transfer.c')]);
  const host = new Host('local');
  if (reach !== 'host') await loopbackTable(host, program);
  if (reach !== 'namespace') {
    await containersTable(host, { rounds, seconds, only: options.only, program });
  }
  await host.dispose();
}

async function loopbackTable(host: Host, program: string): Promise<void> {
  const tcp = makeArm('tcp');
  const classic = await makeBypass(host, 'classic');
  const guarded = await makeBypass(host, 'guarded');
  const arms = [tcp, makeArm('tcp nodelay'), classic, guarded, makeArm('unix')];
  const apps = [tcp, classic, guarded];

  const measures: Measure[] = [
    ...(['64', '1024'] as const).flatMap((bytes) =>
      (['', 'cpus=0,0'] as const).map((cpus): Measure => ({
        name: `round trip ${bytes} B${cpus === '' ? '' : ', 1 CPU'}`,
        unit: 'per second',
        arms,
        sample: (arm) =>
          transfer(program, arm, ['rr', bytes, String(seconds), ...(cpus === '' ? [] : [cpus])]),
      })),
    ),
    ...[64, 256, 1024, 8192, 65536, 262144].map((bytes): Measure => ({
      name: `one way ${bytes} B`,
      unit: 'Gbit/s',
      arms,
      sample: (arm) => transfer(program, arm, ['stream', String(bytes), String(seconds)]),
    })),
    ...(await redis(apps)),
    ...(await nginx(apps)),
  ].filter((measure) => measure.name.includes(options.only));

  console.log(`${rounds} rounds; median, × the better TCP, [lowest–highest]`);
  let heading = '';
  for (const measure of measures) {
    const samples = await takeRounds(measure.arms, rounds, measure.sample);
    const names = padded([`(${measure.unit})`, ...measure.arms.map((arm) => arm.name)]);
    if (names !== heading) console.log(`\n${names}`);
    heading = names;
    console.log(row(measure, samples));
  }
}

await runToEnd(main);
