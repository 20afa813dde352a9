import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { metricsOf } from '../../src/bench/metricsOf.ts';
import { readPlan } from '../../src/bench/planFile.ts';
import { resumeBenchmark, runBenchmark, type BenchOptions } from '../../src/bench/run.ts';
import { tryWorkload } from '../../src/bench/workload.ts';
import type { Host } from '../../src/host/host.ts';
import {
  parseDocument,
  planSchema,
  type Plan,
  type ResultDocument,
  type WorkloadSample,
} from '../../src/results/document.ts';
import { bypassedPart, bypassedShare, doubtOf, valueOf } from '../../src/results/samples.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { assertNoBench, benchCgroups } from '../harness/host/benches.ts';
import { bpfSource } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { eventually } from '../harness/host/wait.ts';

const BUNDLED = path.join(import.meta.dirname, '../../media/plans');
const SUFFIX = '.sockmap-plan.json';

const REDIS = {
  name: 'redis SET',
  server: [
    'redis-server',
    '--bind',
    '{address}',
    '--port',
    '{port}',
    '--save',
    '',
    '--dir',
    '{dir}',
    '--protected-mode',
    'no',
  ],
  client: [
    'redis-benchmark',
    '-h',
    '{address}',
    '-p',
    '{port}',
    '--csv',
    '-t',
    'set',
    '-n',
    '5000',
    '-c',
    '4',
    '-d',
    '1024',
  ],
  metric: { csvColumn: 'rps' },
  unit: 'requests/s',
  higherIsBetter: true,
};
/** Its metric is the number of the user that runs it. */
const USER = {
  name: 'user',
  arms: ['tcp'],
  client: ['sh', '-c', 'touch "$HOME/kept"; mkdir -m 0 kept.d; id -u', 'sh'],
  metric: { pattern: '^(\\d+)$' },
  unit: 'uid',
  higherIsBetter: true,
  warmup: 0,
};
const planOf = (workload: object, change: object = {}): Plan =>
  planSchema.parse({
    name: 'own',
    workloads: [workload],
    secondsPerSample: 1,
    repetitions: 1,
    ...change,
  });

describe('a benchmark of workloads', () => {
  let stage: BenchStage;
  let host: Host;
  before(async () => {
    stage = await setBenchStage('workloads');
    ({ host } = stage);
  });
  after(() => stage.stop());
  afterEach(async () => {
    await assertNoBench(stage.outer.cgroup.path);
    // Suites beside this one have some while they measure.
    const there = directoriesOfNobody();
    await eventually(`no directory of nobody's is left: ${there.join(', ')}`, () =>
      there.every((name) => !fs.existsSync(path.join('/tmp', name))),
    );
  });

  const saved: ResultDocument[] = [];
  const bench = async (plan: Plan, options: Partial<BenchOptions> = {}) => {
    saved.length = 0;
    const document = await runBenchmark(host, {
      cgroup: stage.cgroup,
      plan,
      source: bpfSource,
      save: (written) => {
        saved.push(written);
        return Promise.resolve();
      },
      ...options,
    });
    return { document, samples: document.samples.filter(isOfWorkload) };
  };

  const reportsPercentiles = /^redis|^nginx, wrk$|^nginx, h2load|^sockperf|^pgbench/;
  for (const name of fs.readdirSync(BUNDLED)) {
    it(`measures the plan ${name.slice(0, -SUFFIX.length)}, each on its arm`, async () => {
      const bundled = await readPlan(path.join(BUNDLED, name));
      // The other workloads of a plan differ in their metric alone.
      const workloads = bundled.workloads?.map((each, place) => ({
        ...each,
        warmup: 0,
        ...(place > 0 && { arms: each.arms.slice(0, 1) }),
      }));
      const { document, samples } = await bench({
        name: 'short',
        points: [],
        workloads,
        secondsPerSample: 1,
        repetitions: 1,
      });
      assert.deepEqual(parseDocument(JSON.stringify(document)), document);
      assert.equal(
        samples.length,
        workloads?.reduce((sum, { arms }) => sum + arms.length, 0),
      );
      for (const sample of samples) {
        assert.ok(valueOf(sample) > 0, sample.workload);
        assert.ok((sample.cpuSeconds ?? 0) > 0 && sample.seconds > 0.1, sample.workload);
        assert.ok((sample.peakMemoryBytes ?? 0) > 500_000, sample.workload);
        assert.equal(sample.percentiles !== undefined, reportsPercentiles.test(sample.workload));
        if (sample.arm === 'bypass') {
          // If a stream's reader is slow, as on a busy machine, more goes over TCP.
          assert.equal(doubtOf(bypassedShare([sample])), undefined, sample.workload);
        } else assert.equal(sample.bpf, undefined);
      }
    });
  }

  it('measures between network namespaces', async () => {
    const { document, samples } = await bench(planOf(REDIS, { topology: 'namespaces' }));
    assert.equal(document.programs.reach, 'host');
    const [tcp, bypass] = samples;
    assert.ok((tcp?.loopbackBytes ?? 0) > 5000 * 1024);
    assert.ok(bypass && (bypassedPart(bypass) ?? 0) > 0.5);
  });

  it('runs as nobody where the login is root, as an account that is named, and as root if it says so', async () => {
    const uids = async (user: object) =>
      (await bench(planOf({ ...USER, ...user }))).samples.map(valueOf);
    assert.deepEqual(await uids({}), [65_534]);
    assert.deepEqual(await uids({ user: 'root' }), [0]);
    const { words, headline } = await problemOf(uids({ user: 'no-such-account' }), 'not-found');
    assert.match(headline ?? words, /no account no-such-account/);
  });

  it('runs a client once for its output, with its server and as its account, and leaves nothing', async () => {
    const own = () =>
      fs.readdirSync(cgroupMount() ?? '').filter((name) => name.startsWith('sockmap-bypass-run-'));
    const before = own();
    const tried = async (change: object) => {
      const [workload] = planOf({ ...REDIS, ...change }).workloads ?? [];
      assert.ok(workload);
      return tryWorkload(host, workload, { seconds: 1 });
    };
    const found = metricsOf(await tried({}));
    assert.ok(found.some(({ metric, value }) => metric.csvColumn === 'rps' && value > 0));
    assert.equal(await tried({ server: undefined, client: ['id', '-u'] }), '65534\n');
    const { words } = await problemOf(
      tried({ client: ['sh', '-c', 'echo no >&2; exit 3'] }),
      'command',
    );
    assert.match(words, /its client failed, with exit code 3\nno/);
    assert.deepEqual(own(), before);
  });

  it('goes on with a run that was cut off', async () => {
    const plan = planOf(USER, { repetitions: 2 });
    const { document } = await bench(plan);
    const { finishedAt: _, ...cut } = { ...document, samples: document.samples.slice(0, 1) };
    const whole = await resumeBenchmark(host, cut, {
      source: bpfSource,
      save: () => Promise.resolve(),
      reread: () => Promise.resolve(cut),
    });
    assert.equal(whole.samples.length, 2);
    assert.deepEqual(whole.samples[0], document.samples[0]);
  });

  describe('that fails', () => {
    const CASES: [what: string, change: object, words: RegExp[]][] = [
      [
        'its server ends at once',
        { server: ['sh', '-c', 'echo no room >&2; exit 3'] },
        [/server has ended/, /no room/],
      ],
      [
        'its server goes into the background and is gone',
        { server: ['sh', '-c', 'echo went; exit 0'] },
        [/server has ended/, /went/],
      ],
      [
        'its server does not listen',
        { server: ['sleep', '1000'], limits: { seconds: 1 } },
        [/does not listen after 1 s/],
      ],
      ['there is no such program', { client: ['no-such-program'] }, [/its client failed/]],
      [
        'its client says why',
        { client: ['sh', '-c', 'echo out; echo wrong >&2; exit 7'] },
        [/exit code 7/, /wrong/, /out/],
      ],
      ['its preparation fails', { prepare: ['false'] }, [/its prepare failed, with exit code 1/]],
      ['its metric is not there', { client: ['echo', 'x'] }, [/is not in the output/, /\nx$/]],
      [
        'it prints without end',
        { client: ['yes'], limits: { outputKiB: 1 } },
        [/exit code|more than 1 KiB/],
      ],
      [
        'it takes too much memory',
        { client: ['head', '-c', '1G', '/dev/zero'], limits: { memoryMiB: 1 } },
        [/its client failed/],
      ],
    ];
    for (const [what, change, patterns] of CASES) {
      it(`because ${what}`, async () => {
        const { words } = await problemOf(bench(planOf({ ...USER, ...change })), 'command');
        for (const pattern of patterns) assert.match(words, pattern);
        assert.equal(saved.at(-1)?.stopped?.why, 'failed');
      });
    }

    it('because it takes too long', async () => {
      const change = { client: ['sleep', '1000'], limits: { seconds: 1 } };
      const { words } = await problemOf(bench(planOf({ ...USER, ...change })), 'timeout');
      assert.match(words, /^its client, .* has not ended after 1 s$/);
    });

    it('because it is cancelled: what it has put in the background is gone, too', async () => {
      const controller = new AbortController();
      const client = ['sh', '-c', 'setsid sleep 1000 & setsid sleep 1000'];
      const running = bench(planOf({ ...USER, client }), { signal: controller.signal });
      const problem = problemOf(running, 'cancelled');
      await eventually('its client runs', () =>
        benchCgroups(stage.outer.cgroup.path).some((cgroup) => {
          const members = path.join(cgroup, 'workload/cgroup.procs');
          return fs.existsSync(members) && fs.readFileSync(members, 'utf8').split('\n').length > 2;
        }),
      );
      controller.abort();
      await problem;
    });
  });
});

const isOfWorkload = (sample: ResultDocument['samples'][number]): sample is WorkloadSample =>
  sample.experiment === 'workload';

/** Private directories of workloads that nobody has removed. */
const directoriesOfNobody = (): string[] =>
  fs
    .readdirSync('/tmp')
    .filter((name) => name.startsWith('sockmap-bypass.'))
    .filter((name) => {
      const work = fs.statSync(path.join('/tmp', name, 'work'), { throwIfNoEntry: false });
      return work?.uid === 65_534;
    });
