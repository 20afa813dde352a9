import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseDocument, type Plan, type ResultDocument } from '../../src/results/document.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { assertNoBench } from '../harness/host/benches.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PLAN: Plan = {
  name: 'for a script',
  points: [{ experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 3,
};

describe('a benchmark without an editor', () => {
  let stage: BenchStage;
  let folder: TemporaryDirectory;
  let measured: ResultDocument;
  before(async () => {
    stage = await setBenchStage('script');
    folder = temporaryDirectory({ 'own.sockmap-plan.json': JSON.stringify(PLAN) });
  });
  after(async () => {
    await stage.stop();
    await folder.remove();
  });
  afterEach(() => assertNoBench(stage.outer.cgroup.path));

  const file = (name: string): string => path.join(folder.path, name);
  const bench = (...more: string[]) => {
    const { server, cgroup } = stage;
    const argv = ['--host', server.alias, '--ssh-config', server.configFile, '--cgroup', cgroup];
    return spawnSync(
      process.execPath,
      ['--import', 'tsx', path.join(ROOT, 'scripts/benchmark.ts'), ...argv, ...more],
      { cwd: ROOT, encoding: 'utf8' },
    );
  };
  const plan = () => ['--plan', file('own.sockmap-plan.json')];

  it('writes the document, and ends with 0', () => {
    const { status, stdout, stderr } = bench(...plan(), '--out', file('first.json'));
    assert.equal(status, 0, stderr);
    measured = parseDocument(fs.readFileSync(file('first.json'), 'utf8'));
    assert.ok(measured.finishedAt !== undefined);
    assert.deepEqual(measured.plan, PLAN);
    assert.match(stdout, /^1 of 6: tcp, round trip, 64 B \/ 64 B \(at most \d+ s left\)$/m);
  });

  it('ends with 2 when the bypass got slower than in a saved run, and names it', () => {
    const samples = measured.samples.map((sample) =>
      sample.arm === 'bypass' && sample.experiment === 'latency'
        ? { ...sample, transactionsPerSecond: 10 * sample.transactionsPerSecond }
        : sample,
    );
    fs.writeFileSync(file('better.json'), JSON.stringify({ ...measured, samples }));
    const { status, stdout, stderr } = bench(
      ...[...plan(), '--out', file('second.json'), '--baseline', file('better.json')],
    );
    assert.equal(status, 2, stderr);
    assert.match(stdout, /^WORSE: Bypass, round trip, 64 B \/ 64 B: -\d.*, its ratio to TCP -\d/m);
    const { baselineId } = parseDocument(fs.readFileSync(file('second.json'), 'utf8'));
    assert.equal(baselineId, measured.id);
  });

  it('ends with 1 when nothing can be told, and says why', () => {
    const out = ['--out', file('none.json')];
    for (const [more, words] of [
      [[...out, '--profile', 'fast'], /--profile is one of quick, standard, article/],
      [[...out, '--baseline', file('none.json')], /Could not read .*none\.json: ENOENT/],
      [[...out, '--plan', file('better.json')], /not a benchmark plan/],
      [[...out, '--max-slowdown', 'much'], /--max-slowdown is 0 to 100/],
      [[...out, '--cgroup', '/sys/fs/cgroup/none-of-these'], /is not a cgroup/],
      [[], /--out are needed/],
    ] as const) {
      const { status, stderr } = bench(...more);
      assert.equal(status, 1);
      assert.match(stderr, words);
    }
    assert.ok(!fs.existsSync(file('none.json')));
  });
});
