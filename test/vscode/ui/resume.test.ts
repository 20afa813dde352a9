import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  parseDocument,
  type Plan,
  type ResultDocument,
  type Sample,
} from '../../../src/results/document.ts';
import { schedule } from '../../../src/results/plan.ts';
import { eventually } from '../../harness/host/wait.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { benchmarkStage, type Stage } from './stage.ts';

const SUFFIX = '.sockmap-bench.json';
const PLAN: Plan = {
  name: 'to be resumed',
  points: [
    { experiment: 'throughput', messageBytes: 4096, arms: ['tcp', 'bypass'] },
    { experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] },
  ],
  secondsPerSample: 1,
  repetitions: 3,
  bpfTime: true,
};
const RUN = 'Control+Alt+F8';

describe('a benchmark that is cancelled, or whose editor is killed', () => {
  let stage: Stage | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await benchmarkStage('resume', { 'ctrl+alt+f8': PLAN });
  });
  after(async () => {
    await stage?.stop();
  });

  const read = (file: string): ResultDocument => parseDocument(fs.readFileSync(file, 'utf8'));
  const name = ({ experiment, arm, repetition, bpf }: Sample): string =>
    [experiment, arm, repetition, bpf?.nanoseconds === undefined ? '' : 'timed'].join(' ');
  const wanted = (): string[] => {
    const samples: Sample[] = [];
    const names: string[] = [];
    for (;;) {
      const { slots } = schedule(PLAN, samples);
      if (slots.length === 0) return names;
      for (const { point, arm, repetition, timed } of slots) {
        names.push([point.experiment, arm, repetition, timed ? 'timed' : ''].join(' '));
        const common = { arm, repetition, order: 0, startedAt: '', seconds: 1 };
        const bpf = timed ? { bpf: { redirectedBytes: 0, nanoseconds: 1 } } : {};
        if (point.experiment === 'throughput') {
          samples.push({ ...point, ...common, ...bpf, throughputBitsPerSecond: 1 });
        } else if (point.experiment === 'latency') {
          const latencyUs = { mean: 1, stddev: 1, p50: 1, p90: 1, p99: 1 };
          samples.push({ ...point, ...common, transactionsPerSecond: 1, latencyUs });
        }
      }
    }
  };

  /** Starts a run. @returns its document. */
  const begin = async ({ workbench, folder }: Stage): Promise<string> => {
    const documents = () => fs.readdirSync(folder).filter((each) => each.endsWith(SUFFIX));
    const known = documents();
    await workbench.page.keyboard.press(RUN);
    return eventually(
      'a document is there',
      () => {
        const found = documents().find((each) => !known.includes(each));
        return found === undefined ? '' : path.join(folder, found);
      },
      60_000,
    );
  };

  it('is cancelled at once where a person cancels it, and resumed as soon as the host is clean', async () => {
    assert.ok(stage);
    const { workbench, steps } = stage;
    const file = await begin(stage);
    await eventually('a sample is taken', () => read(file).samples.length > 0, 60_000);
    await workbench.pressNotificationButton(/Benchmark on/, 'Cancel');
    const page = workbench.webview();
    await page.locator('#state', { hasText: 'Cancelled' }).waitFor();
    // The run may still be cleaning up: to resume is to wait for that, not to fail.
    await page.locator('#resume').click();
    const finished = page.locator('#state', { hasText: 'Finished' });
    await finished.or(steps.failure).first().waitFor({ timeout: 60_000 });
    assert.equal(await steps.failure.count(), 0);
    const whole = read(file);
    assert.deepEqual([whole.stopped, whole.resumedAt?.length], [undefined, 1]);
    assert.deepEqual(whole.samples.map(name).sort(), wanted().sort());
    await workbench.run('View: Close All Editors');
    await workbench.clearNotifications();
  });

  it('goes on in the next window, with no sample twice and none missing', async () => {
    assert.ok(stage);
    const { workbench, session, folder } = stage;
    const stats = () => fs.readFileSync('/proc/sys/kernel/bpf_stats_enabled', 'utf8');
    const switched = stats();
    const file = await begin(stage);
    // In the middle of the second round.
    await eventually('six samples are taken', () => read(file).samples.length >= 6, 60_000);
    const [pid = assert.fail()] = session.extensionHosts();
    process.kill(pid, 'SIGKILL');
    const cut = read(file);
    assert.equal(cut.finishedAt, undefined);
    await session.reload();
    await eventually('the host is clean', async () => (await stage?.left())?.length === 2);
    assert.equal(stats(), switched);

    await workbench.run('Sockmap: Resume benchmark');
    await workbench.pick(path.basename(file));
    const finished = workbench.webview().locator('#state', { hasText: 'Finished' });
    await finished.or(stage.steps.failure).first().waitFor({ timeout: 60_000 });
    assert.equal(await stage.steps.failure.count(), 0);

    const whole = read(file);
    assert.deepEqual(
      [whole.id, whole.startedAt, whole.host, whole.programs, whole.plan],
      [cut.id, cut.startedAt, cut.host, cut.programs, PLAN],
    );
    assert.equal(whole.resumedAt?.length, 1);
    assert.deepEqual(whole.samples.map(name).sort(), wanted().sort());
    assert.deepEqual(
      whole.samples.map(({ order }) => order),
      [...whole.samples.keys()],
    );
    // Samples that were kept are as measured: all but, at most, the half of a point's round.
    const kept = whole.samples.filter(({ startedAt }) => startedAt < (whole.resumedAt?.[0] ?? ''));
    const before = new Map(cut.samples.map((sample) => [sample.startedAt, sample]));
    assert.ok(kept.length >= cut.samples.length - 2, `${kept.length} of ${cut.samples.length}`);
    for (const { order: _, ...sample } of kept) {
      const { order: __, ...own } = before.get(sample.startedAt) ?? assert.fail();
      assert.deepEqual(sample, own);
    }
    await eventually('the host is clean', async () => (await stage?.left())?.length === 2);
    assert.deepEqual(
      fs.readdirSync(folder).filter((each) => each.includes('.tmp')),
      [],
    );
    await workbench.clearNotifications();
    await stage.steps.unload(stage.host, stage.place.cgroup);
    assert.deepEqual(await stage.left(), []);
  });
});
