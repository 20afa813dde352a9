import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Arm, Plan, Sample } from '../../src/results/document.ts';
import { parseDocument } from '../../src/results/document.ts';
import type { Reach } from '../../src/bypass/config.ts';
import { bypassStatus, loadBypass, servingAttachment } from '../../src/bypass/load.ts';
import { resumeBenchmark, runBenchmark, type BenchOptions } from '../../src/bench/run.ts';
import { bypassedPart } from '../../src/results/samples.ts';
import {
  commandLine,
  descendants,
  endProcesses,
  isAlive,
  processRef,
  type ProcessRef,
} from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { assertNoBench, benchCgroups, benchProcesses } from '../harness/host/benches.ts';
import { bpfSource } from '../harness/host/bypass.ts';
import { masters } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';
import { eventually } from '../harness/host/wait.ts';

const plan = (arms: Arm[], repetitions = 1): Plan => ({
  name: 'between',
  points: [{ experiment: 'throughput', messageBytes: 65_536, arms }],
  topology: 'namespaces',
  secondsPerSample: 1,
  repetitions,
});

const netnsOf = ({ pid }: ProcessRef): string => {
  try {
    return fs.readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
};
const all = (): ProcessRef[] =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processRef(Number(name)) ?? []);
const commandOf = ({ pid }: ProcessRef): string => commandLine(pid)[0] ?? '';

describe('a benchmark between two network namespaces', () => {
  let stage: BenchStage;
  before(async () => {
    stage = await setBenchStage('between');
  });
  after(() => stage.stop());

  /** The processes that held the run's namespaces, each its own, when it was looked at; nothing else holds them. */
  let held: Map<string, ProcessRef>;
  let devices: string;
  const hostDevices = () => run('ip', ['-o', 'link']);
  beforeEach(async () => {
    held = new Map();
    devices = await hostDevices();
  });
  afterEach(async () => {
    assert.equal(held.size, 3, 'one for each end, and one for the bridge');
    await eventually('its namespaces are gone', () => ![...held.values()].some(isAlive));
    await assertNoBench(stage.outer.cgroup.path);
    assert.equal(await hostDevices(), devices);
  });

  const netservers = () =>
    benchProcesses(stage.outer.cgroup.path).filter((each) => commandOf(each) === 'netserver');
  const parentOf = ({ pid }: ProcessRef): ProcessRef | undefined => {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return processRef(Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]));
  };
  /** The shell that has made the namespaces, and the processes that hold them. */
  const makers = (): { shell: ProcessRef | undefined; holders: ProcessRef[] } => {
    const [server] = netservers();
    const within = server && netnsOf(server);
    const holder = all().find((each) => commandOf(each) === 'sleep' && netnsOf(each) === within);
    const shell = holder && parentOf(holder);
    return { shell, holders: shell === undefined ? [] : descendants(shell.pid) };
  };
  const look = (): void => {
    held = new Map(makers().holders.map((each) => [netnsOf(each), each]));
  };
  const bench = (options: Partial<BenchOptions> & Pick<BenchOptions, 'plan'>) =>
    runBenchmark(stage.host, {
      cgroup: stage.cgroup,
      source: bpfSource,
      save: () => Promise.resolve(),
      onProgress: look,
      ...options,
    });

  it('has an end in each, nothing in the host’s, and says so', async () => {
    const ends = new Map<string, string>();
    let looking: NodeJS.Timeout | undefined;
    const document = await bench({
      plan: plan(['tcp', 'bypass-classic', 'bypass']),
      onProgress: () => {
        look();
        looking ??= setInterval(() => {
          for (const each of benchProcesses(stage.outer.cgroup.path)) {
            const name = commandOf(each);
            if (name === 'netperf' || name === 'netserver') ends.set(name, netnsOf(each));
          }
        }, 50);
      },
    }).finally(() => {
      clearInterval(looking);
    });
    assert.equal(document.programs.reach, 'host');
    assert.equal(new Set(ends.values()).size, 2, JSON.stringify([...ends]));
    for (const end of ends.values()) assert.ok(held.has(end));
    const { plan: said, samples, programs } = parseDocument(JSON.stringify(document));
    assert.equal(said.topology, 'namespaces');
    const [tcp, classic, bypass] = samples;
    /** Share of the bytes that were received which crossed the veth pairs. */
    const crossed = (sample: Sample | undefined): number =>
      sample?.experiment === 'throughput'
        ? (sample.loopbackBytes ?? NaN) / ((sample.throughputBitsPerSecond / 8) * sample.seconds)
        : NaN;
    assert.ok(crossed(tcp) > 0.9, 'TCP crosses the veth pairs');
    // The classic programs pair by addresses and ports alone, the guarded ones where they are told to.
    for (const sample of [classic, bypass]) {
      assert.ok(sample !== undefined && (bypassedPart(sample) ?? 0) > 0.5, JSON.stringify(sample));
      assert.ok(crossed(sample) < 0.6, JSON.stringify(sample));
    }
    // A bypass that serves the cgroup does not reach so far, and is not what was measured.
    assert.deepEqual(Object.keys(programs.tags).sort(), [
      'classic/sockmap_redirect',
      'classic/sockmap_sockops',
      'sockmap_redirect',
      'sockmap_sockops',
    ]);
  });

  it('measures a bypass that serves its cgroup and reaches so far as it is loaded', async () => {
    const { cgroup, host } = stage;
    const load = async (reach: Reach) =>
      loadBypass(host, { cgroup, source: await bpfSource('guarded'), reach, replace: true });
    const served = servingAttachment(await load('host'), cgroup);
    const before = served?.counters['redirected_bytes'] ?? NaN;
    const { samples } = await bench({ plan: plan(['bypass']) });
    const after = servingAttachment(await bypassStatus(host), cgroup);
    assert.ok((bypassedPart(samples[0] ?? assert.fail()) ?? 0) > 0.5, JSON.stringify(samples));
    assert.ok((after?.counters['redirected_bytes'] ?? 0) > before + 1e6, 'its programs did it');
    await load('namespace');
  });

  it('that is cancelled leaves nothing', async () => {
    const controller = new AbortController();
    const running = bench({
      plan: plan(['tcp'], 5),
      signal: controller.signal,
      onProgress: ({ done }) => {
        look();
        if (done === 1) controller.abort();
      },
    });
    await problemOf(running, 'cancelled');
  });

  it('whose connection is cut leaves nothing, and is resumed in new ones', async () => {
    let saved = '';
    const running = bench({
      plan: plan(['tcp'], 2),
      save: (document) => {
        saved = JSON.stringify(document);
        return Promise.resolve();
      },
      onProgress: ({ done }) => {
        look();
        if (done === 1) void endProcesses(masters(stage.server), { first: 'SIGKILL' });
      },
    });
    await problemOf(running, 'connection-lost');
    const document = parseDocument(saved);
    assert.equal(document.samples.length, 1);
    const whole = await resumeBenchmark(stage.host, document, {
      source: bpfSource,
      save: () => Promise.resolve(),
      onProgress: look,
      reread: () => Promise.resolve(document),
    });
    assert.equal(whole.samples.length, 2);
  });

  it('leaves nothing where the shells on the host that made it all are killed', async () => {
    const running = bench({
      plan: plan(['tcp'], 5),
      onProgress: ({ done }) => {
        look();
        if (done !== 1) return;
        const { shell = assert.fail() } = makers();
        const [other = assert.fail()] = netservers().flatMap((each) => parentOf(each) ?? []);
        assert.deepEqual([shell, other].map(commandOf), ['sh', 'sh']);
        void endProcesses([shell, other], { first: 'SIGKILL' });
      },
    });
    await problemOf(running, 'connection-lost');
    await eventually('no netserver is left', () => netservers().length === 0);
    // Removes what a killed shell cannot undo; nothing runs in them.
    for (const cgroup of benchCgroups(stage.outer.cgroup.path)) fs.rmdirSync(cgroup);
  });

  it('leaves nothing where the process that measures this machine is killed', async () => {
    const script = path.join(import.meta.dirname, '../harness/host/timedBench.ts');
    const argv = ['--import', 'tsx', script, stage.cgroup, 'namespaces'];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = once(child, 'exit');
    await eventually(
      'it measures',
      () => {
        look();
        return benchProcesses(stage.outer.cgroup.path).some(
          (each) => commandOf(each) === 'netperf',
        );
      },
      60_000,
    );
    look();
    child.kill('SIGKILL');
    await ended;
  });
});
