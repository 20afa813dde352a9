import assert from 'node:assert/strict';
import type { Finding } from '../../../src/results/finding.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { findingsOf } from '../../../src/results/findings.ts';
import { regressionCheck } from '../../../src/results/regressionCheck.ts';
import { runsOf } from '../../../src/results/runs.ts';
import type { Arm, Sample } from '../../../src/results/document.ts';
import { findingText } from '../../../src/results/words/findingTexts.ts';
import { documentOf, EQUAL, HALF, sizes, STALLED, stream, trip, TWICE } from './panelRuns.ts';

function values(samples: Sample[], arms: Arm[] = ['tcp', 'bypass']) {
  const points = [{ experiment: 'throughput' as const, messageBytes: 64, arms }];
  const plan = { name: 'own', points, secondsPerSample: 1, repetitions: 4 };
  const runs = runsOf([documentOf(samples, { plan })]);
  return findingsOf(figuresOf(runs), runs);
}
const kinds = (findings: readonly Finding[] = []): string[] => findings.map(({ kind }) => kind);

describe('findings as values', () => {
  it('are the outcomes of each figure, run by run', () => {
    const { fig2 } = values(sizes({ 64: HALF, 1024: EQUAL, 16_384: TWICE, 65_536: STALLED }));
    const [first = []] = fig2;
    assert.deepEqual(kinds(first), ['compared', 'overtakes', 'growth']);
    const [compared, overtakes] = first;
    assert.ok(compared?.kind === 'compared');
    assert.deepEqual(
      compared.outcomes.map(({ verdict, sizes }) => [verdict, sizes]),
      [
        ['lower', [64]],
        ['same', [1024]],
        ['higher', [16_384]],
        ['stalled', [65_536]],
      ],
    );
    assert.deepEqual(compared.outcomes.at(-1)?.stalls, { stalled: 1, rounds: 4 });
    assert.deepEqual(overtakes, {
      kind: 'overtakes',
      arm: 'bypass',
      against: 'tcp',
      behind: 1024,
      ahead: 16_384,
    });
  });

  it('have a recommendation, with its verdict', () => {
    const verdictOf = (samples: Sample[], arms?: Arm[]): string => {
      const [[first] = []] = values(samples, arms).overview;
      return first?.kind === 'recommendation' ? first.verdict : (first?.kind ?? '');
    };
    assert.equal(verdictOf(sizes({ 64: HALF, 1024: TWICE })), 'faster');
    assert.equal(verdictOf(sizes({ 64: HALF, 1024: EQUAL })), 'leaveOff');
    assert.equal(verdictOf(sizes({ 64: HALF, 1024: STALLED })), 'notYet');
    assert.equal(verdictOf(sizes({ 64: [1] })), 'notYet');
    const policies = TWICE.flatMap((ratio, round) => [
      stream('bypass', round, 1e9),
      stream('bypass-classic', round, ratio * 1e9),
    ]);
    assert.equal(verdictOf(policies, ['bypass', 'bypass-classic']), 'notTcp');
    assert.equal(verdictOf([stream('bypass', 0, 1e9)]), 'notMeasured');
  });

  it('survive a way through JSON, and have words each', () => {
    const trips = [64, 256].flatMap((request) =>
      [64, 16_384].flatMap((response) =>
        [0, 1, 2].flatMap((round) => [
          trip('tcp', round, 50, response, request),
          trip('bypass', round, 40, response, request),
        ]),
      ),
    );
    const all = Object.values(values([...sizes({ 64: TWICE, 1024: HALF }), ...trips])).flat(2);
    assert.ok(new Set(kinds(all)).size >= 8);
    for (const finding of all) {
      const read = JSON.parse(JSON.stringify(finding)) as Finding;
      assert.deepEqual(findingText(read), findingText(finding));
      assert.ok(findingText(finding).every((sentence) => /^\S.*[.]$/.test(sentence)));
    }
  });
});

describe('a regression check as a value', () => {
  const check = (after: Sample[]) =>
    regressionCheck(documentOf(sizes({ 64: EQUAL })), documentOf(after), 5);

  it('is good, worse or inconclusive, and says why', () => {
    assert.equal(check(sizes({ 64: EQUAL })).outcome, 'good');
    const worse = check(sizes({ 64: HALF }));
    assert.equal(worse.outcome, 'worse');
    assert.deepEqual(
      worse.worse.map(({ arm, size }) => [arm, size]),
      [['bypass', { experiment: 'throughput', messageBytes: 64 }]],
    );
    assert.deepEqual(worse.gaps, []);
    const open = check(sizes({ 64: [1, 0, 1, 1] }));
    assert.equal(open.outcome, 'inconclusive');
    assert.deepEqual(
      open.gaps.map(({ kind }) => kind),
      ['stalls'],
    );
    assert.deepEqual(check(sizes({ 1024: EQUAL })).gaps, [{ kind: 'nothingInCommon' }]);
  });
});
