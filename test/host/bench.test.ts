import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Plan, ResultDocument } from '../../src/results/document.ts';
import { parseDocument } from '../../src/results/document.ts';
import { schedule } from '../../src/results/plan.ts';
import { runBenchmark, type BenchOptions } from '../../src/bench/run.ts';
import { writeDocument } from '../../src/bench/store.ts';
import { Host } from '../../src/host/host.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { endProcesses, type ProcessRef } from '../harness/processes.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { assertNoBench, benchCgroups, untilMeasuring } from '../harness/host/benches.ts';
import { bpfSource, shortPlan, type BypassSite } from '../harness/host/bypass.ts';
import { masters } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';

describe('a benchmark', () => {
  let stage: BenchStage;
  let server: TestSshd;
  let host: Host;
  let outer: BypassSite;
  let cgroup: string;
  before(async () => {
    stage = await setBenchStage('bench');
    ({ server, host, outer, cgroup } = stage);
  });
  after(() => stage.stop());
  afterEach(() => assertNoBench(outer.cgroup.path));

  const saved: ResultDocument[] = [];
  beforeEach(() => {
    saved.length = 0;
  });
  const bench = (options: Partial<BenchOptions> = {}, by = host) =>
    runBenchmark(by, {
      cgroup,
      plan: shortPlan('guarded'),
      source: bpfSource,
      save: (document) => {
        saved.push(structuredClone(document));
        return Promise.resolve();
      },
      ...options,
    });

  for (const way of ['ssh', 'local'] as const) {
    it(`measures each arm of each point by ${way}, and saves after each`, async () => {
      const plan = shortPlan('guarded');
      const { slots } = schedule(plan, []);
      const progress: number[] = [];
      const by = way === 'ssh' ? host : new Host('local');
      const document = await bench(
        {
          onProgress: ({ done, total, secondsLeft, point, arm }) => {
            progress.push(done);
            assert.equal(total, slots.length);
            assert.ok(secondsLeft > 0 && point !== '' && arm === slots[done]?.arm);
          },
        },
        by,
      );

      assert.deepEqual(parseDocument(JSON.stringify(document)), document);
      assert.ok(document.finishedAt !== undefined && document.finishedAt > document.startedAt);
      assert.deepEqual(
        document.samples.map(({ experiment, arm, repetition, order }) => ({
          experiment,
          arm,
          repetition,
          order,
        })),
        slots.map(({ point, arm, repetition }, order) => ({
          experiment: point.experiment,
          arm,
          repetition,
          order,
        })),
      );
      for (const sample of document.samples) {
        const { arm, experiment, seconds, cpu, bpf } = sample;
        assert.ok(seconds > 0.5 && seconds < 30, String(seconds));
        assert.ok(cpu !== undefined && cpu.client >= 0 && cpu.client <= 100);
        assert.ok(
          experiment === 'throughput'
            ? sample.throughputBitsPerSecond > 1e6
            : experiment === 'latency' &&
                sample.transactionsPerSecond > 10 &&
                sample.latencyUs.p50 > 0 &&
                sample.latencyUs.p50 <= sample.latencyUs.p99,
        );
        // The proof that each arm was what it is called.
        if (arm === 'bypass') {
          assert.ok((bpf?.redirectedBytes ?? 0) > 0);
          assert.equal(bpf?.counters?.['redirected_bytes'], bpf?.redirectedBytes);
          assert.ok((bpf?.counters?.['sockets_added'] ?? 0) >= 2);
        } else assert.equal(bpf, undefined);
        if (arm !== 'bypass' && experiment === 'throughput') {
          const bytes = (sample.throughputBitsPerSecond / 8) * seconds;
          assert.ok((sample.loopbackBytes ?? 0) > bytes * 0.9, 'TCP crosses the loopback device');
        }
      }
      assert.equal(document.host.name, by.name);
      assert.equal(document.cgroup, cgroup);
      assert.equal(document.programs.policy, 'guarded');
      assert.equal(document.programs.reach, 'namespace');
      assert.match(document.programs.tags['sockmap_sockops'] ?? '', /^[0-9a-f]{16}$/);

      assert.deepEqual(progress, [...slots.keys()]);
      assert.deepEqual(
        saved.map(({ samples }) => samples.length),
        [...Array(slots.length + 1).keys(), slots.length],
      );
      assert.deepEqual(saved.at(-1), document);
    });
  }

  const ONE: Plan = {
    name: 'one',
    points: [{ experiment: 'latency', requestBytes: 1, responseBytes: 1, arms: ['tcp', 'bypass'] }],
    secondsPerSample: 1,
    repetitions: 1,
  };

  it('reaches a bypass from a cgroup below it', async () => {
    const below = outer.cgroup.child('app/below');
    const { samples } = await bench({ cgroup: below, plan: ONE });
    const [, bypass] = samples;
    assert.ok((bypass?.bpf?.redirectedBytes ?? 0) > 0);
  });

  it('takes another port where one is in use', async () => {
    // Ports that listen, and ports that are taken without: netserver itself finds those out.
    const ports = [23_001, 23_002];
    const directory = odPrinting(ports);
    const taken = await Promise.all(
      ports.slice(0, 1).map(
        (port) =>
          new Promise<net.Server>((resolve, reject) => {
            const listener = net.createServer().once('error', reject);
            listener.listen(port, '127.0.0.1', () => {
              resolve(listener);
            });
          }),
      ),
    );
    const shimmed = await startSshd({
      serverLines: [`SetEnv PATH=${directory.path}:/usr/local/bin:/usr/bin:/bin`],
    });
    const by = new Host(shimmed.alias, { ssh: { configFile: shimmed.configFile } });
    try {
      const { samples } = await bench({ plan: ONE }, by);
      assert.equal(samples.length, 2);
      assert.ok(fs.existsSync(path.join(directory.path, 'count')), 'the ports were ours to choose');
    } finally {
      await by.dispose();
      await shimmed.stop();
      await directory.remove();
      for (const listener of taken) listener.close();
    }
  });

  describe('ended early', () => {
    for (const way of ['cancelled', 'cut off'] as const) {
      for (const when of ['before the first sample', 'in a later one'] as const) {
        it(`${way} ${when} keeps what was measured, and nothing runs on`, async () => {
          const controller = new AbortController();
          const killed: Promise<void>[] = [];
          const end = () => {
            if (way === 'cancelled') controller.abort();
            else killed.push(endProcesses(connected ?? masters(server), { first: 'SIGKILL' }));
          };
          let connected: ProcessRef[] | undefined;
          const file = temporaryDirectory();
          const target = path.join(file.path, 'x.sockmap-bench.json');
          const running = bench({
            plan: shortPlan('guarded'),
            signal: controller.signal,
            save: async (document) => {
              await writeDocument(target, document);
              // The warm-up follows.
              if (when === 'before the first sample' && document.samples.length === 0) end();
            },
            onProgress: ({ done }) => {
              if (when !== 'in a later one' || done !== 2) return;
              connected = masters(server);
              void untilMeasuring(outer.cgroup.path).then(end);
            },
          });
          const problem = problemOf(running, way === 'cancelled' ? 'cancelled' : 'connection-lost');
          await problem;
          await Promise.all(killed);
          await assertNoBench(outer.cgroup.path);
          const document = parseDocument(fs.readFileSync(target, 'utf8'));
          assert.equal(document.finishedAt, undefined);
          assert.equal(document.samples.length, when === 'in a later one' ? 2 : 0);
          await file.remove();
        });
      }
    }

    it('because saving fails: nothing runs on', async () => {
      let count = 0;
      const running = bench({
        save: () => (++count > 1 ? Promise.reject(new Error('disk full')) : Promise.resolve()),
      });
      await assert.rejects(running, /disk full/);
      await assertNoBench(outer.cgroup.path);
    });
  });

  describe('that makes no sense is refused, and starts nothing:', () => {
    afterEach(() => {
      assert.deepEqual(saved, []);
      assert.deepEqual(benchCgroups(outer.cgroup.path), []);
    });

    it('Unix sockets, which Debian builds netperf without', async () => {
      const point: Plan['points'][number] = {
        experiment: 'throughput',
        messageBytes: 64,
        arms: ['tcp', 'unix'],
      };
      const problem = await problemOf(bench({ plan: { ...ONE, points: [point] } }), 'input');
      assert.match(problem.words, /Unix sockets/);
      assert.match(problem.next, /Leave "unix" out of "arms"/);
    });

    it('a size that is there twice', async () => {
      const plan: Plan = { ...ONE, points: [...ONE.points, ...ONE.points] };
      const problem = await problemOf(bench({ plan }), 'input');
      assert.match(problem.words, /appears twice/);
    });

    it('no bypass on the cgroup or above it', async () => {
      const beside = outer.cgroup.child('beside');
      for (const each of [beside, outer.cgroup.path]) {
        const problem = await problemOf(bench({ cgroup: each }), 'input');
        assert.match(problem.words, /no bypass is loaded/);
      }
    });

    it('no such cgroup', async () => {
      await problemOf(bench({ cgroup: `${cgroup}-gone` }), 'not-found');
    });
  });

  it('leaves the root of the tree alone', () => {
    const mount = cgroupMount() ?? '';
    assert.ok(fs.existsSync(mount));
    assert.ok(!benchCgroups(mount).some((each) => each.startsWith(outer.cgroup.path)));
  });
});

/** An `od` that gives the ports to try one after the other, then real random ones. */
function odPrinting(ports: readonly number[]): TemporaryDirectory {
  const directory = temporaryDirectory({
    od: `#!/bin/sh
case $* in *-tu2*) ;; *) exec /usr/bin/od "$@" ;; esac
count=$(cat "\${0%/*}/count" 2>/dev/null || echo 0)
echo $((count + 1)) >"\${0%/*}/count"
case $count in
${ports.map((port, i) => `${i}) echo ${port - 20_000} ;;`).join('\n')}
*) exec /usr/bin/od "$@" ;;
esac
`,
  });
  fs.chmodSync(directory.path, 0o755);
  fs.chmodSync(path.join(directory.path, 'od'), 0o755);
  return directory;
}
