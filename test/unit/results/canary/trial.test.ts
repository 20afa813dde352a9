import assert from 'node:assert/strict';
import { parseGrowth } from '../../../../src/assess/canary/observer.ts';
import { canaryLine, canaryReport } from '../../../../src/assess/canary/report.ts';
import { bucketOf, type Histogram } from '../../../../src/results/canary/histogram.ts';
import { Trial, type Growth } from '../../../../src/results/canary/trial.ts';

const PARTS = 16;

/** As if each part had seen so many answers, half of them of each time in microseconds. */
const times = (count: number, ...micros: readonly number[]): Histogram[] =>
  Array.from({ length: PARTS }, () =>
    micros.map((one): [number, number] => [bucketOf(one * 1000), count]).sort(([a], [b]) => a - b),
  );

function growth(seconds: number, changes: Partial<Growth> = {}): Growth {
  const counts = { sockets: 20, transactions: 200, sentBytes: 2000, receivedBytes: 2000 };
  const none = { resets: 0, eagains: 0, stalls: 0, times: times(1000, 20, 21, 22) };
  return {
    seconds,
    share: 50,
    cost: { runs: 0, nanoseconds: 0, seconds: 0 },
    bypass: { ...counts, ...none },
    tcp: { ...counts, ...none },
    ...changes,
  };
}

describe('a trial', () => {
  it('adds up what grows, and is within its guardrails once it is sure', () => {
    const trial = new Trial({ p50: 1.05 }, 0.5);
    const few = growth(1);
    const first = trial.add({
      ...few,
      bypass: { ...few.bypass, times: times(1, 20, 21, 22) },
      tcp: { ...few.tcp, times: times(1, 20, 21, 22) },
    });
    assert.equal(first.outcome, 'undecided');
    const same = { times: times(10_000, 20) };
    const second = trial.add({
      ...growth(2, { cost: { runs: 10, nanoseconds: 2000, seconds: 1 } }),
      bypass: { ...few.bypass, ...same },
      tcp: { ...few.tcp, ...same },
    });
    assert.deepEqual([second.outcome, second.p50.verdict], ['within', 'same']);
    assert.deepEqual([second.bypass.sockets, second.tcp.sentBytes], [40, 4000]);
    assert.deepEqual(second.cost, { nanosecondsPerCall: 200, cpu: 2e-6 });
    assert.match(canaryReport(second), /Within the guardrails[^]*no difference[^]*200 ns/);
  });

  it('says so where no connection is new, as with those of a pool', () => {
    const { bypass, tcp, ...rest } = growth(1);
    const none = { sockets: 0, times: times(0) };
    const idle = new Trial({ p50: 1.05 }, 0.5).add({
      ...rest,
      bypass: { ...bypass, ...none },
      tcp: { ...tcp, ...none },
    });
    assert.match(
      canaryReport(idle),
      /^Not known yet: nothing has connected\. What was open before/,
    );
    const first = new Trial({ p50: 1.05 }, 0.5).add({
      ...rest,
      bypass: { ...bypass, ...none },
      tcp,
    });
    assert.match(canaryReport(first), /^Not known yet: it takes more answers/);
  });

  it('is over when an answer certainly takes too long, and not for a limit that is not set', () => {
    const slow = growth(1);
    const slower = { ...slow, bypass: { ...slow.bypass, times: times(10_000, 30, 31, 32) } };
    const crossed = new Trial({ p50: 1.05 }, 0.5).add(slower);
    assert.deepEqual([crossed.crossed, crossed.outcome], [['p50'], 'crossed']);
    assert.match(canaryReport(crossed), /Crossed: the median answer/);
    assert.match(canaryLine(crossed), /^1 s: 200 answers/);
    assert.deepEqual(new Trial({}, 0.5).add(slower).crossed, []);
    assert.deepEqual(new Trial({ p50: 2 }, 0.5).add(slower).crossed, []);
  });

  it('is over when readers stall, or connections are reset, on the bypass alone', () => {
    for (const name of ['stalls', 'resets'] as const) {
      const trial = new Trial({}, 0.5);
      const now = growth(1);
      assert.deepEqual(trial.add({ ...now, bypass: { ...now.bypass, [name]: 4 } }).crossed, []);
      const more = { ...now, bypass: { ...now.bypass, [name]: 4 } };
      assert.deepEqual(trial.add(more).crossed, [name]);
      const both = { ...more, tcp: { ...now.tcp, [name]: 4 } };
      assert.deepEqual(new Trial({}, 0.5).add(both).crossed, []);
    }
  });
});

describe('a line of the observer', () => {
  it('is read, and anything else passed over', () => {
    const counts =
      '"sockets":1,"transactions":2,"sentBytes":3,"receivedBytes":4,"resets":5,"eagains":6,"stalls":7';
    const line = `{"seconds":1,"share":50,"cost":{"runs":8,"nanoseconds":9,"seconds":1},"bypass":{${counts},"times":[[3,4,9,1],[]]},"tcp":{${counts},"times":[[],[9999,1]]}}`;
    const read = parseGrowth(line);
    assert.deepEqual(read?.bypass.times, [
      [
        [3, 4],
        [9, 1],
      ],
      [],
    ]);
    assert.deepEqual(read.tcp.times, [[], []], 'there is no such bucket');
    assert.equal(read.tcp.stalls, 7);
    for (const other of ['', 'libbpf: …', '{}', line.slice(0, -1), line.replace('50', '101')])
      assert.equal(parseGrowth(other), undefined);
  });
});
