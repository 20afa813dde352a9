import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import type { Arm, Plan, ResultDocument, Sample } from '../../src/results/document.ts';
import { parseDocument } from '../../src/results/document.ts';
import { resumeBenchmark, runBenchmark, type BenchOptions } from '../../src/bench/run.ts';
import { Host } from '../../src/host/host.ts';
import { figuresOf } from '../../src/results/figures.ts';
import { runsOf } from '../../src/results/runs.ts';
import { findingTexts } from '../../src/results/words/findingTexts.ts';
import { bypassedPart, isShared } from '../../src/results/samples.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { endProcesses } from '../harness/processes.ts';
import type { TestSshd } from '../harness/sshd.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { assertNoBench, untilMeasuring } from '../harness/host/benches.ts';
import { bpfSource, PIN_ROOT, type BypassSite } from '../harness/host/bypass.ts';
import { masters } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';
import { makeNetns, Pair, type TestNetns } from '../harness/host/traffic.ts';
import { eventually } from '../harness/host/wait.ts';

const SWITCH = '/proc/sys/kernel/bpf_stats_enabled';
const stats = (): string => fs.readFileSync(SWITCH, 'utf8').trim();
const pins = (): string[] => (fs.existsSync(PIN_ROOT) ? fs.readdirSync(PIN_ROOT).sort() : []);

const plan = (arms: Arm[], change: Partial<Plan> = {}): Plan => ({
  name: 'method',
  points: [{ experiment: 'throughput', messageBytes: 16_384, arms }],
  secondsPerSample: 1,
  repetitions: 1,
  ...change,
});

describe('the method of a benchmark', () => {
  let stage: BenchStage;
  let server: TestSshd;
  let host: Host;
  let outer: BypassSite;
  let cgroup: string;
  before(async () => {
    stage = await setBenchStage('method');
    ({ server, host, outer, cgroup } = stage);
  });
  after(() => stage.stop());
  let known: string[] = [];
  let switched = '0';
  beforeEach(() => {
    known = pins();
    switched = stats();
  });
  afterEach(async () => {
    await assertNoBench(outer.cgroup.path);
    await eventually('no pins of a cgroup that is gone are left', () => {
      const argv = [cgroupMount() ?? '', '-type', 'd', '-printf', '%i\n'];
      const living = execaSync('find', argv).stdout.split('\n');
      return pins().every(
        (name) => known.includes(name) || living.includes(name.split('_')[0] ?? ''),
      );
    });
    await eventually('the switch is as it was', () => stats() === switched);
  });

  const bench = (options: Partial<BenchOptions> & Pick<BenchOptions, 'plan'>, by = host) =>
    runBenchmark(by, { cgroup, source: bpfSource, save: () => Promise.resolve(), ...options });

  it('measures both policies in one run, and loads the one that is not there for it', async () => {
    const { samples, programs } = await bench({ plan: plan(['tcp', 'bypass', 'bypass-classic']) });
    const [tcp, guarded, classic] = samples;
    assert.equal(tcp?.bpf, undefined);
    for (const sample of [guarded, classic]) {
      assert.ok((sample?.bpf?.redirectedBytes ?? 0) > 1e6, 'bytes went by the programs');
      assert.ok((sample?.bpf?.redirectedMessages ?? 0) > 0);
      assert.ok((sample?.loopbackBytes ?? 0) < (tcp?.loopbackBytes ?? 0) / 2, 'and not by lo');
      assert.ok(sample && !isShared(sample), JSON.stringify(sample));
    }
    assert.equal(programs.policy, 'guarded');
    assert.deepEqual(Object.keys(programs.tags).sort(), [
      'classic/sockmap_redirect',
      'classic/sockmap_sockops',
      'sockmap_redirect',
      'sockmap_sockops',
    ]);
  });

  describe('where live programs use the bypass', () => {
    let netns: TestNetns;
    let live: Pair;
    before(async () => {
      netns = await makeNetns();
      live = await Pair.connect(cgroup, netns);
    });
    after(async () => {
      await live.close();
      await netns.remove();
    });

    it('knows their traffic from its own, and claims nothing by it', async () => {
      const state = { measuring: true };
      const moving = (async () => {
        while (state.measuring) await live.move(4 << 20);
      })();
      const document = await bench({
        plan: {
          ...plan([]),
          points: [
            // Small messages one way are what the guarded programs give back to TCP.
            { experiment: 'throughput', messageBytes: 64, arms: ['tcp', 'bypass'] },
            { experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] },
          ],
          bpfTime: true,
        },
      }).finally(() => {
        state.measuring = false;
      });
      await moving;
      const bypassed = document.samples.filter(({ arm }) => arm === 'bypass');
      assert.equal(bypassed.length, 3);
      for (const sample of bypassed) assert.ok(isShared(sample), JSON.stringify(sample));
      // Almost none of the stream was redirected, however many bytes of others were.
      const [stream] = bypassed;
      assert.ok(stream !== undefined && (bypassedPart(stream) ?? 1) < 0.01, JSON.stringify(stream));
      const runs = runsOf([document]);
      const { overview, fig2, fig7 } = findingTexts(figuresOf(runs), runs);
      assert.match(overview.join(' '), /Other programs used the same bypass during 3 of its 3/);
      assert.match(fig2.join(' '), /Bypass redirected: an unknown part at every size/);
      assert.match(fig7.join(' '), /the time includes theirs/);
    });

    it('measures alone again where they are quiet', async () => {
      const { samples } = await bench({ plan: plan(['tcp', 'bypass']) });
      assert.deepEqual(samples.map(isShared), [false, false]);
    });
  });

  it('loads what it needs for itself where nothing is loaded, if it may', async () => {
    const beside = outer.cgroup.child('beside');
    const { samples } = await bench({
      cgroup: beside,
      loadMissing: true,
      plan: plan(['tcp', 'bypass']),
    });
    assert.ok((samples[1]?.bpf?.redirectedBytes ?? 0) > 1e6);
  });

  it('ends when the ratio is known well enough, and says what else went on', async () => {
    const { samples, host: facts } = await bench({
      plan: plan(['tcp', 'bypass'], { repetitions: 9, minRepetitions: 2, targetInterval: 1 }),
    });
    // However noisy: within a factor of 2 it is known before the limit, or never.
    const rounds = samples.length / 2;
    assert.ok(rounds >= 2 && rounds <= 9 && Number.isInteger(rounds));
    for (const { noise, serviceDemand } of samples) {
      assert.ok(noise !== undefined && noise.load1 >= 0 && noise.stealPercent >= 0);
      assert.ok(noise.stealPercent <= 100);
      assert.ok(serviceDemand !== undefined && serviceDemand.client > 0);
    }
    assert.equal(typeof facts.virtual, 'boolean');
  });

  describe('BPF run time', () => {
    const timed = plan(['tcp', 'bypass'], { bpfTime: true });
    const isTimed = ({ bpf }: Sample) => bpf?.nanoseconds !== undefined;

    it('is measured in samples of its own, and the switch is on no longer than that', async () => {
      const seen = new Map<number, Set<string>>();
      let sample = -1;
      const looking = setInterval(() => {
        seen.set(sample, (seen.get(sample) ?? new Set()).add(stats()));
      }, 10);
      const { samples } = await bench({
        plan: timed,
        onProgress: ({ done }) => {
          sample = done;
        },
      }).finally(() => {
        clearInterval(looking);
      });
      assert.deepEqual(samples.map(isTimed), [false, false, true]);
      const { bpf } = samples[2] ?? {};
      assert.ok((bpf?.runs ?? 0) > 100);
      const each = (bpf?.nanoseconds ?? 0) / (bpf?.runs ?? 1);
      assert.ok(each > 5 && each < 100_000, `${each} ns a run`);
      // That it was on in the third is what the counts show: the kernel makes none otherwise.
      for (const other of [0, 1]) {
        assert.deepEqual([...(seen.get(other) ?? [])], [switched], `sample ${other}`);
      }
    });

    it('leaves the switch on where it was on before', async () => {
      fs.writeFileSync(SWITCH, '1');
      try {
        await bench({ plan: timed });
        assert.equal(stats(), '1');
      } finally {
        fs.writeFileSync(SWITCH, switched);
      }
    });

    for (const way of ['cancelled', 'cut off'] as const) {
      it(`switches it off again when the run is ${way}`, async () => {
        const controller = new AbortController();
        const killed: Promise<void>[] = [];
        const running = bench({
          plan: timed,
          signal: controller.signal,
          onProgress: ({ done }) => {
            if (done !== 2) return;
            void eventually('it is on', () => stats() === '1').then(() => {
              if (way === 'cancelled') controller.abort();
              else killed.push(endProcesses(masters(server), { first: 'SIGKILL' }));
            });
          },
        });
        await problemOf(running, way === 'cancelled' ? 'cancelled' : 'connection-lost');
        await Promise.all(killed);
      });
    }

    it('switches it off again when the process that measures this machine is killed', async () => {
      const script = path.join(import.meta.dirname, '../harness/host/timedBench.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', script, cgroup], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await eventually('it is on', () => stats() === '1', 60_000);
      child.kill('SIGKILL');
      await ended;
      await eventually('it is off', () => stats() === switched);
    });
  });

  describe('a run that was cut off', () => {
    const wanted = plan(['tcp', 'bypass', 'bypass-classic'], { repetitions: 2 });
    const key = ({ arm, repetition }: Sample) => `${arm} ${repetition}`;
    let cut: ResultDocument | undefined;
    const resume = (
      on: Host,
      document: ResultDocument,
      options: Omit<Parameters<typeof resumeBenchmark>[2], 'reread'>,
      latest = document,
    ) => resumeBenchmark(on, document, { ...options, reread: () => Promise.resolve(latest) });

    it('stands as far as it came', async () => {
      const running = bench({
        plan: wanted,
        save: (document) => {
          // As it is read from the file.
          cut = parseDocument(JSON.stringify(document));
          return Promise.resolve();
        },
        onProgress: ({ done }) => {
          if (done !== 4) return;
          const connected = masters(server);
          void untilMeasuring(outer.cgroup.path).then(() =>
            endProcesses(connected, { first: 'SIGKILL' }),
          );
        },
      });
      await problemOf(running, 'connection-lost');
      assert.equal(cut?.samples.length, 4);
    });

    it('is completed, with no sample twice and none missing', async () => {
      assert.ok(cut);
      const done = await resume(host, cut, {
        source: bpfSource,
        save: () => Promise.resolve(),
      });
      assert.equal(done.id, cut.id);
      assert.equal(done.startedAt, cut.startedAt);
      assert.equal(done.resumedAt?.length, 1);
      assert.ok(done.finishedAt !== undefined);
      assert.deepEqual(done.samples.map(key), [
        'tcp 0',
        'bypass 0',
        'bypass-classic 0',
        'bypass-classic 1',
        'bypass 1',
        'tcp 1',
      ]);
      assert.deepEqual(
        done.samples.map(({ order }) => order),
        [...done.samples.keys()],
      );
      assert.deepEqual(done.samples.slice(0, 3), cut.samples.slice(0, 3));
    });

    it('that another window has gone on with meanwhile is taken up where that has come', async () => {
      assert.ok(cut);
      const saved: ResultDocument[] = [];
      const options = {
        source: bpfSource,
        signal: AbortSignal.timeout(120_000),
        save: (document: ResultDocument) => {
          saved.push(document);
          return Promise.resolve();
        },
      };
      await resume(host, { ...cut, samples: [] }, options, cut);
      assert.deepEqual(saved[0]?.samples, cut.samples.slice(0, 3));
      const ended = { ...cut, finishedAt: cut.startedAt };
      const save = () => Promise.reject(new Error('nothing is to be saved'));
      const problem = await problemOf(
        resume(host, cut, { source: bpfSource, save }, ended),
        'input',
      );
      assert.equal(problem.words, 'it has finished');
    });

    it('is not taken up while its run goes on, by whomever', async () => {
      const controller = new AbortController();
      const first: ResultDocument[] = [];
      const running = bench({
        plan: plan(['tcp', 'bypass'], { repetitions: 100 }),
        signal: controller.signal,
        save: (document) => {
          first.push(document);
          return Promise.resolve();
        },
      });
      const ended = problemOf(running, 'cancelled');
      await eventually('a sample is taken', () => first.at(-1)?.samples.length === 1, 60_000);
      const [document = assert.fail()] = first.slice(-1);
      const other = new Host(server.alias, { ssh: { configFile: server.configFile } });
      const save = () => Promise.reject(new Error('nothing is to be saved'));
      const problem = await problemOf(
        resume(other, document, { source: bpfSource, save }),
        'occupied',
      );
      assert.match(problem.words, /^its run is still under way, in \/sys\/fs\/cgroup\//);
      controller.abort();
      await ended;
      await other.dispose();
    });

    it('is not mixed with what is measured elsewhere', async () => {
      assert.ok(cut);
      const save = () => Promise.reject(new Error('nothing is to be saved'));
      const other = { ...cut, host: { ...cut.host, kernel: '4.19.0' } };
      const problem = await problemOf(resume(host, other, { source: bpfSource, save }), 'input');
      assert.match(problem.words, /with kernel 4\.19\.0/);
      const tags = { ...cut.programs.tags, sockmap_sockops: '0000000000000000' };
      const changed = { ...cut, programs: { ...cut.programs, tags } };
      await problemOf(resume(host, changed, { source: bpfSource, save }), 'input');
      const whole = { ...cut, finishedAt: cut.startedAt };
      await problemOf(resume(host, whole, { source: bpfSource, save }), 'input');
    });
  });
});
