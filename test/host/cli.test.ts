import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseDocument, type Plan, type ResultDocument } from '../../src/results/document.ts';
import { cgroupMount } from '../harness/cgroup.ts';
import { installCli, type InstalledCli } from '../harness/cli.ts';
import { assertNoBench } from '../harness/host/benches.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { eventually } from '../harness/host/wait.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const PLAN: Plan = {
  name: 'tiny',
  points: [{ experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 3,
};

/** Cgroups that were made for a run. */
const ownCgroups = (): string[] =>
  fs.readdirSync(cgroupMount() ?? '').filter((name) => name.startsWith('sockmap-bypass-run-'));

describe('the command line', () => {
  let cli: InstalledCli;
  let stage: BenchStage;
  let folder: TemporaryDirectory;
  let ssh: string[];
  before(async () => {
    cli = await installCli();
    stage = await setBenchStage('cli');
    ssh = ['--ssh-config', stage.server.configFile];
    folder = temporaryDirectory({ 'tiny.sockmap-plan.json': JSON.stringify(PLAN) });
  });
  after(async () => {
    await stage.stop();
    await folder.remove();
    await cli.remove();
  });
  afterEach(() => assertNoBench(stage.outer.cgroup.path));

  const file = (name: string): string => path.join(folder.path, name);
  const read = (name: string): ResultDocument => parseDocument(fs.readFileSync(file(name), 'utf8'));
  const plan = () => ['--plan', file('tiny.sockmap-plan.json')];
  const benchmark = (...more: string[]) =>
    cli.run(['benchmark', stage.server.alias, stage.cgroup, ...ssh, ...more]);

  it('Ctrl-C leaves nothing of a benchmark but its document, which is completed later', async () => {
    const out = file('first.json');
    const running = cli.start(['benchmark', 'local', ...plan(), '--out', out, '--json']);
    await eventually('a sample is taken', () => running.stderr.includes('(2 of 6'));
    running.interrupt();
    const { status, stdout, stderr } = await running.ended;
    assert.equal(status, 130, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^TCP, round trip, 64 B \/ 64 B \(1 of 6, \d+ s left\)$/m);
    assert.match(stderr, /What was measured is kept in .*first\.json/);
    assert.deepEqual(ownCgroups(), [], 'nothing is left when it has ended');
    const cut = read('first.json');
    assert.equal(cut.stopped?.why, 'cancelled');
    assert.ok(cut.samples.length > 0 && cut.samples.length < 6);

    const resumed = await cli.run(['benchmark', 'local', '--resume', out, '--json']);
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.deepEqual(JSON.parse(resumed.stdout), { result: out });
    const whole = read('first.json');
    assert.ok(whole.finishedAt !== undefined);
    assert.deepEqual(whole.plan, PLAN);
    assert.equal(whole.samples.length, 6);
    assert.equal(whole.cgroup, cut.cgroup);
    assert.deepEqual(ownCgroups(), []);
  });

  it('benchmark ends with 2 when the bypass got slower than in a saved run, and names it', async () => {
    const measured = read('first.json');
    const samples = measured.samples.map((sample) =>
      sample.arm === 'bypass' && sample.experiment === 'latency'
        ? { ...sample, transactionsPerSecond: 10 * sample.transactionsPerSecond }
        : sample,
    );
    fs.writeFileSync(file('better.json'), JSON.stringify({ ...measured, samples }));
    const { status, stdout, stderr } = await benchmark(
      ...[...plan(), '--out', file('second.json'), '--baseline', file('better.json')],
    );
    assert.equal(status, 2, stderr);
    assert.match(stdout, /^WORSE: Bypass, round trip, 64 B \/ 64 B: -\d.*, its ratio to TCP -\d/m);
    assert.equal(read('second.json').baselineId, measured.id);
    assert.equal(read('second.json').cgroup, stage.cgroup);
  });

  it('ends with 1 when nothing can be told, with 64 when it is used wrongly, and says why', async () => {
    const { alias } = stage.server;
    const out = ['--out', file('none.json')];
    const here = ['benchmark', alias, stage.cgroup, ...ssh, ...out];
    for (const [argv, wanted, words] of [
      [[...here, '--baseline', file('none.json')], 1, /Could not read none\.json .*: ENOENT/],
      [[...here, '--plan', file('better.json')], 1, /not a benchmark plan/],
      [['benchmark', alias, '/sys/fs/cgroup/none-of-these', ...ssh, ...out], 1, /is not a cgroup/],
      [['benchmark', 'nobody-at-all', ...ssh, ...out], 1, /Could not connect on nobody-at-all/],
      [[...here, '--profile', 'fast'], 64, /--profile is one of quick, standard, article/],
      [[...here, '--max-slowdown', 'much'], 64, /--max-slowdown is 0 to 100/],
      [[...here, '--resume', file('first.json')], 64, /--resume goes on with a run/],
      [['benchmark'], 64, /HOST is missing/],
      [[], 64, /COMMAND is missing/],
    ] as const) {
      const { status, stdout, stderr } = await cli.run(argv);
      assert.equal(status, wanted, `${argv.join(' ')}: ${stderr}`);
      assert.match(stderr, words);
      assert.equal(stdout, '');
    }
    assert.ok(!fs.existsSync(file('none.json')));
  });

  it('a second Ctrl-C ends it at once, and the host undoes the rest', async () => {
    const out = file('ended.json');
    const running = cli.start(['benchmark', stage.server.alias, ...ssh, ...plan(), '--out', out]);
    await eventually('it is at work there', () => running.stderr.includes('(1 of 6'), 60_000);
    running.interrupt();
    await eventually('the first is heard', () => running.stderr.includes('Cancelling'));
    running.interrupt();
    assert.equal((await running.ended).status, 130);
    await eventually('nothing is left', () => ownCgroups().length === 0, 30_000);
  });
});
