import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { cgroupMount } from '../harness/cgroup.ts';
import { run } from '../harness/run.ts';

const SCRIPT = path.join(import.meta.dirname, 'programs/stress.sh');
const SECONDS = 20;

/** Time left for connections that finish, for a minute without progress, and for memory to return. */
const PATIENCE_SECONDS = 150;

describe('the guarded bypass under stress', function () {
  this.timeout((SECONDS + PATIENCE_SECONDS + 30) * 1000);

  it('keeps every byte while packets are steered, policies switched and programs reloaded', async () => {
    // The script has the process number that is printed first, and names what it makes after it.
    const shell = `timeout -k 20 ${SECONDS + PATIENCE_SECONDS} sh -c 'echo $$; exec "$@" 2>&1' sh "$@"`;
    const output = await run('sh', ['-c', shell, 'sh', SCRIPT, String(SECONDS)]);

    const [pid, ...lines] = output.trim().split('\n');
    const printed = lines.filter((line) => line.startsWith('{'));
    const [stress = {}, around = {}, counters = {}] = printed.map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    );
    const atLeast = (figures: Record<string, unknown>, name: string, least: number): void => {
      assert.ok(Number(figures[name]) >= least, `${name} is under ${least}. ${output}`);
    };

    const { test, wrongBytes, shortStreams, unexpectedErrors, ok } = stress;
    assert.deepEqual(
      { test, wrongBytes, shortStreams, unexpectedErrors, ok },
      { test: 'stress', wrongBytes: 0, shortStreams: 0, unexpectedErrors: 0, ok: true },
      output,
    );
    atLeast(stress, 'connections', 100);
    atLeast(stress, 'bytes', 10_000_000);
    atLeast(stress, 'resets', 20);
    // By those whose connection it was, and by the kernel.
    atLeast(stress, 'cutOff', 20);
    atLeast(around, 'resetsSent', Number(stress['resets']));

    // A quarter to a half: it is off at times, and what was switched off stays on TCP.
    atLeast(counters, 'redirected_bytes', Number(stress['bytes']) / 10);
    atLeast(counters, 'tcp_queue_bound', 20);
    atLeast(counters, 'back_on_bypass', 20);
    atLeast(counters, 'tcp_switched_off', 1);

    assert.equal(around['kernelWarnings'], 0, output);
    // The first of the changes hold each kind.
    atLeast(around, 'changes', 8);
    atLeast(around, 'steers', 2);
    atLeast(around, 'policySwitches', 4);
    atLeast(around, 'loads', 3);

    const id = `stress-${pid ?? ''}`;
    const places = ['/sys/fs/bpf', cgroupMount() ?? '', '/run/netns'];
    const left = places.map((place) => path.join(place, id)).filter((each) => fs.existsSync(each));
    assert.deepEqual(left, []);
  });
});
