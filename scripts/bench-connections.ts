/**
 * Holds many connections between two network namespaces at once, over TCP and over the bypass: what one costs in
 * memory, and whether new ones come as fast while they are there. Then nothing of them may be left in the maps.
 *
 *   tsx scripts/bench-connections.ts [--count 100000] [--rounds 6] [--seconds 10]
 *
 * Needs what bench-bypass.ts needs, and memory: about 1 GB for 100,000 connections.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median, quantile } from 'simple-statistics';
import { z } from 'zod';
import { bypassStatus } from '../src/bypass/load.ts';
import { Host } from '../src/host/host.ts';
import { firstLine } from '../src/host/lines.ts';
import { atEnd, runToEnd } from '../test/harness/cleanup.ts';
import { inside } from '../test/harness/host/arms.ts';
import { eventually } from '../test/harness/host/wait.ts';
import { run } from '../test/harness/run.ts';
import { temporaryDirectory } from '../test/harness/temporary.ts';
import { fileOf, makeArm, Stage, type Arm } from './bench/between.ts';
import { takeRounds } from './bench/rounds.ts';

const PROGRAM = path.join(import.meta.dirname, '../test/host/programs/transfer.c');
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '10' },
  },
});
const [count, rounds, seconds] = [values.count, values.rounds, values.seconds].map(Number) as [
  number,
  number,
  number,
];

/** A process has so many files at most, one a connection, and a few beside. */
function connectionsEach(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? 1024) - 64;
}

/** Memory that the kernel has for objects of all kinds, in bytes. */
function kernelMemory(): number {
  const meminfo = readFileSync('/proc/meminfo', 'utf8');
  return ['Slab', 'Percpu']
    .map((name) => 1024 * Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0))
    .reduce((sum, bytes) => sum + bytes, 0);
}

const opened = z.object({ connections: z.number(), seconds: z.number() });

interface Held {
  /** Connections opened a second, by one client after another. */
  readonly rate: number;
  release(): Promise<void>;
}

async function hold(arm: Arm, program: string, stage: Stage): Promise<Held> {
  const { client, server, address } = stage.namespaces;
  const most = connectionsEach();
  const children: ChildProcess[] = [];
  const release = atEnd(async () => {
    const ended = children
      .filter(({ exitCode }) => exitCode === null)
      .map((child) => once(child, 'exit'));
    for (const child of children) child.stdin?.end();
    await Promise.all(ended);
  });
  let took = 0;
  for (let left = count, port = 6000; left > 0; left -= most, port++) {
    const argv = [
      program,
      'ipv4',
      'hold',
      '64',
      String(Math.min(left, most)),
      `client=${fileOf(client)}`,
      `server=${fileOf(server)}`,
      `at=${address}`,
      `port=${port}`,
    ];
    const [command = '', ...args] = inside(arm, argv);
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const line = await firstLine(child.stdout);
    if (line === undefined) throw new Error('connections cannot be held');
    took += opened.parse(JSON.parse(line)).seconds;
  }
  return { rate: count / took, release };
}

const MAPS = ['bypass_socks', 'bypass_flows', 'bypass_conns'];

async function mapBytes({ pins = '' }: Arm): Promise<number> {
  const shown = await Promise.all(
    MAPS.map((name) => run('bpftool', ['-j', 'map', 'show', 'pinned', path.join(pins, name)])),
  );
  return shown
    .map((text) => z.object({ bytes_memlock: z.number() }).parse(JSON.parse(text)).bytes_memlock)
    .reduce((sum, bytes) => sum + bytes, 0);
}

async function socketsOf(host: Host, arm: Arm): Promise<number> {
  const { attachments } = await bypassStatus(host);
  return attachments.find(({ pins }) => pins === arm.pins)?.sockets ?? NaN;
}

/** Waits until nothing is left of connections that have ended. */
async function untilEmpty(host: Host, arm: Arm): Promise<void> {
  const pin = path.join(arm.pins ?? '', 'bypass_flows');
  await eventually('the maps are empty', async () => {
    const flows = JSON.parse(
      await run('bpftool', ['-j', 'map', 'dump', 'pinned', pin]),
    ) as unknown[];
    return flows.length + (await socketsOf(host, arm)) === 0;
  });
}

/** New connections a second of either arm, for as long as all rounds take. */
async function printNew(stage: Stage, arms: readonly [Arm, Arm], held: string): Promise<void> {
  const taken = await takeRounds(arms, rounds, (arm) =>
    stage.sample(arm, { kind: 'crr', bytes: 64, way: 'veth' }, seconds),
  );
  const [tcp = [], bypass = []] = arms.map((arm) => (taken.get(arm) ?? []).map(({ rate }) => rate));
  const ratios = bypass.map((rate, round) => rate / (tcp[round] ?? NaN));
  const [low = NaN, middle = NaN, high = NaN] = quantile(ratios, [0.25, 0.5, 0.75]);
  console.log(
    `New connections a second, ${held}: TCP ${median(tcp).toFixed(0)}, bypass ${median(bypass).toFixed(0)}, ratio ${middle.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}), ${rounds * seconds} s each`,
  );
}

async function main(): Promise<void> {
  const program = path.join(temporaryDirectory().path, 'transfer');
  await run('cc', ['-O2', '-o', program, PROGRAM]);
  const host = new Host('local');
  const stage = await Stage.set(host, program);
  await using _namespaces = stage.namespaces;
  const tcp = await makeArm(host, 'tcp', 'none');
  const bypass = await makeArm(host, 'bypass', 'host', { maxSockets: 2 * count + 10_000 });
  console.log(
    `${count} connections between two network namespaces; each has carried a request and an answer of 64 B`,
  );
  await printNew(stage, [tcp, bypass], 'none held');
  for (const arm of [tcp, bypass]) {
    const before = kernelMemory();
    const held = await hold(arm, program, stage);
    // Objects that are freed by turns of RCU are free by then.
    await delay(1000);
    const each = (kernelMemory() - before) / count;
    const inMap = arm === bypass ? `, ${await socketsOf(host, arm)} sockets in the map` : '';
    console.log(
      `Held by ${arm.name}: ${(each / 1024).toFixed(1)} KiB a connection, both ends (Slab and Percpu of /proc/meminfo), opened ${held.rate.toFixed(0)} a second${inMap}`,
    );
    if (arm === bypass) {
      await printNew(stage, [tcp, bypass], `${count} held`);
      console.log(
        `Maps with all of them: ${((await mapBytes(bypass)) / 2 ** 20).toFixed(1)} MiB (memlock of ${MAPS.join(', ')})`,
      );
    }
    await held.release();
    if (arm === bypass) {
      await untilEmpty(host, bypass);
      console.log('Released: nothing is left in the maps');
    }
  }
  await host.dispose();
}

await runToEnd(main);
