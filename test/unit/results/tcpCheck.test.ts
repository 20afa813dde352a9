import assert from 'node:assert/strict';
import type { Sample } from '../../../src/results/document.ts';
import { exitOfTcp, tcpCheck } from '../../../src/results/tcpCheck.ts';
import { tcpLines } from '../../../src/results/words/tcpLines.ts';
import { documentOf, EQUAL, HALF, sizes, STALLED, trip, TWICE } from './panelRuns.ts';

/** Round trips of TCP at 20 µs and of the bypass at these. */
const trips = (...bypass: number[]): Sample[] =>
  bypass.flatMap((p50, round) => [
    trip('tcp', round, 20 + round / 100),
    trip('bypass', round, p50),
  ]);

const check = (samples: Sample[], maxSlowdown = 5) => tcpCheck(documentOf(samples), maxSlowdown);

describe('a run checked against its own TCP', () => {
  it('is good where the bypass is faster or as fast, at every size', () => {
    const good = check([...sizes({ 64: EQUAL, 65_536: TWICE }), ...trips(10, 10.1, 10.2)]);
    assert.deepEqual([good.outcome, exitOfTcp(good)], ['good', 0]);
    assert.equal(good.places.length, 3);
    assert.deepEqual(tcpLines(good).slice(-2), [
      'good: Bypass, round trip, 64 B / 64 B: 1.93 (1.89–1.98) times TCP',
      'The bypass is nowhere more than 5% slower than TCP.',
    ]);
  });

  it('is worse where it is slower for sure at one size, by more than is allowed', () => {
    const slow = [...sizes({ 64: HALF, 65_536: TWICE }), ...trips(10, 10.1, 10.2)];
    assert.deepEqual([check(slow).outcome, exitOfTcp(check(slow))], ['worse', 2]);
    assert.match(tcpLines(check(slow))[0] ?? '', /^WORSE: Bypass, throughput, 64 B: 0\.50 /);
    assert.equal(check(slow, 60).outcome, 'good');
    assert.equal(check(trips(140, 139, 141)).outcome, 'worse');
  });

  it('is worse where the bypass stalled, whatever its speed', () => {
    const stalled = check(sizes({ 64: TWICE, 65_536: STALLED }), 100);
    assert.equal(stalled.outcome, 'worse');
    assert.equal(stalled.places[1]?.stalled, 1);
    assert.match(tcpLines(stalled)[1] ?? '', /^WORSE: .*64 KiB: 1 round stalled$/);
  });

  it('is inconclusive with one round, and where TCP was measured alone', () => {
    assert.deepEqual([check(trips(10)).outcome, exitOfTcp(check(trips(10)))], ['inconclusive', 1]);
    const alone = check(trips(10, 10).filter(({ arm }) => arm === 'tcp'));
    assert.deepEqual([alone.outcome, alone.places], ['inconclusive', []]);
  });
});
