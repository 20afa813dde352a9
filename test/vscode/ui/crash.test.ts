import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from '../../../src/results/document.ts';
import { eventually } from '../../harness/host/wait.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { setStage, type Stage } from './stage.ts';

const TIMES = 5;
/** About as long as a load takes, and as a benchmark takes from its key to its second sample. */
const [LOAD_MS, BENCH_MS] = [2500, 6000];

const PLAN: Plan = {
  name: 'to be cut off',
  points: [{ experiment: 'throughput', messageBytes: 4096, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 50,
};

const [LOAD, UNLOAD, RUN] = ['Control+Alt+F6', 'Control+Alt+F7', 'Control+Alt+F8'];

describe('the end of the extension host at any moment', () => {
  let stage: Stage | undefined;
  const seed = Number(process.env['SOCKMAP_TEST_SEED'] ?? randomInt(2 ** 31));
  const random = mulberry32(seed);
  keepEvidence(() => stage?.session);

  before(async () => {
    console.log(`    SOCKMAP_TEST_SEED=${seed}`);
    stage = await setStage({
      label: 'crash',
      keybindings: (host, cgroup) =>
        (
          [
            ['ctrl+alt+f6', 'load', { replace: true }],
            ['ctrl+alt+f7', 'unload', {}],
            ['ctrl+alt+f8', 'runBenchmark', { profile: PLAN }],
          ] as const
        ).map(([key, name, more]) => ({
          key,
          command: `sockmapBypass.${name}`,
          args: { host, cgroup, ...more },
        })),
    });
    // The first load of a host probes its kernel; what follows is as on any other day.
    await load();
    await unload();
  });
  after(async () => {
    await stage?.stop();
  });

  const press = async (key: string): Promise<void> => {
    assert.ok(stage);
    await stage.workbench.clearNotifications();
    await stage.workbench.page.keyboard.press(key);
  };
  const load = async (): Promise<void> => {
    assert.ok(stage);
    await press(LOAD);
    await stage.steps.shows(stage.steps.on);
    // The pins and the program, once: nothing of an earlier attempt beside them.
    const left = await stage.left();
    assert.equal(left.length, 2, left.join('\n'));
    assert.equal((await stage.place.attached()).length, 1);
  };
  const unload = async (): Promise<void> => {
    assert.ok(stage);
    await press(UNLOAD);
    await stage.steps.shows(stage.steps.off);
    assert.deepEqual(await stage.left(), []);
  };

  /** Presses a key, ends the extension host a random time later and gets the window a new one. */
  const cutOff = async (key: string, withinMs: number): Promise<void> => {
    assert.ok(stage);
    const { session } = stage;
    await press(key);
    const after = Math.round(random() * withinMs);
    await delay(after);
    const [pid, ...others] = session.extensionHosts();
    assert.ok(pid !== undefined && others.length === 0);
    process.kill(pid, 'SIGKILL');
    console.log(`      ended after ${after} ms, with ${(await stage.left()).length} things there`);
    await session.reload();
  };

  /** A whole bypass is left, or nothing. */
  const settled = async (): Promise<boolean> => {
    assert.ok(stage);
    const { place } = stage;
    let seen: string[] = [];
    await eventually('what was under way is finished or undone', async () => {
      seen = (await stage?.left()) ?? [];
      return seen.length === 0 || (seen.length === 2 && (await place.attached()).length === 1);
    }).catch((error: unknown) => {
      throw new Error(seen.join('\n'), { cause: error });
    });
    return seen.length > 0;
  };

  for (let time = 1; time <= TIMES; time++) {
    it(`in the middle of a load, ${time} of ${TIMES}`, async () => {
      await cutOff(LOAD, LOAD_MS);
      const isLoaded = await settled();
      // In turn: one unload, or the next load, is enough.
      if (!isLoaded || time % 2 === 0) await load();
      await unload();
    });
  }

  for (let time = 1; time <= TIMES; time++) {
    it(`in the middle of a benchmark, ${time} of ${TIMES}`, async () => {
      assert.ok(stage);
      if ((await stage.place.attached()).length === 0) await load();
      await cutOff(RUN, BENCH_MS);
      // The bypass was whole before and stays so; no netserver runs, for its cgroup is gone.
      assert.ok(await settled());
      if (time % 2 === 0) await load();
      else await unload();
    });
  }
});

/** A small generator of numbers that a seed repeats. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
