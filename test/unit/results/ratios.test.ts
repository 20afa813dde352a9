import assert from 'node:assert/strict';
import { compareDocuments } from '../../../src/results/compare.ts';
import type { Plan, ResultDocument, Sample } from '../../../src/results/document.ts';
import { figureCsv } from '../../../src/results/export.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { schedule } from '../../../src/results/plan.ts';
import { MOST_TIMES, ratioOfRounds, ratioOfRuns } from '../../../src/results/ratios.ts';
import { EXIT, exitOf, regressionCheck } from '../../../src/results/regressionCheck.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { pointText } from '../../../src/results/words/pointTexts.ts';
import { changeText, doubtText } from '../../../src/results/words/differenceTexts.ts';
import { documentOf, stream } from './panelRuns.ts';

const ROUNDS = [0, 1, 2, 3, 4, 5];
const redirecting = (bits: number, part: number): NonNullable<Sample['bpf']> => ({
  redirectedBytes: Math.round((part * bits * 5) / 8),
});
/** The bypass at a size, in rounds that scatter. @param part of its bytes that it redirected. */
const bypass = (bits: number, part: number, size = 64, scatter = 0.01): Sample[] =>
  ROUNDS.map((round) => {
    const rate = bits * (1 + scatter * ((round % 3) - 1));
    return stream('bypass', round, rate, size, redirecting(rate, part));
  });
const tcp = (bits: number, size = 64): Sample[] =>
  ROUNDS.map((round) => stream('tcp', round, bits * (1 + 0.01 * ((round % 2) - 0.5)), size));

describe('a ratio', () => {
  const pairs = ROUNDS.map((round) => [2 + round / 100, 1] as const);

  it('is made of what the bypass carried, and of sides that moved', () => {
    assert.ok(ratioOfRounds([{ bypassed: 0.9 }, {}], pairs).ratio);
    assert.ok(ratioOfRuns([{}, {}], [2, 2.1], [1, 1.1]).ratio);
  });

  it('is not made of a bypass that was hardly used, on whichever side', () => {
    const hardly = { bypassed: 0.002 };
    assert.deepEqual(ratioOfRounds([hardly, {}], pairs), { doubt: 'tcp' });
    assert.deepEqual(ratioOfRuns([{}, hardly], [2, 2.1], [1, 1.1]), { doubt: 'tcp' });
    assert.deepEqual(ratioOfRuns([{ ...hardly, shared: 1 }], [2], [1]), { doubt: 'shared' });
  });

  it('is not made of a side on which almost nothing was moved', () => {
    for (const [a, b] of [
      [2 * MOST_TIMES, 1],
      [1, 2 * MOST_TIMES],
    ] as const) {
      assert.deepEqual(ratioOfRuns([{}, {}], [a, a], [b, b]), { doubt: 'idle' });
      assert.deepEqual(ratioOfRounds([{}, {}], [[a, b]]), { doubt: 'idle' });
    }
    assert.ok(ratioOfRuns([{}, {}], [MOST_TIMES / 2], [1]).ratio);
  });
});

describe('a size at which hardly a byte was redirected', () => {
  it('does not hold up the end of a run by the noise of TCP', () => {
    const plan: Plan = {
      name: 'until known',
      points: [64, 16_384].map((messageBytes) => ({
        experiment: 'throughput',
        messageBytes,
        arms: ['tcp', 'bypass'],
      })),
      secondsPerSample: 5,
      repetitions: 100,
      targetInterval: 0.05,
    };
    const large = [...tcp(1e9, 16_384), ...bypass(2e9, 0.9, 16_384)];
    const after = (part: number) =>
      schedule(plan, [...large, ...tcp(1e9), ...bypass(1e9, part, 64, 0.5)]).slots.length;
    assert.equal(after(0.001), 0);
    assert.ok(after(0.9) > 0, 'noise of the bypass itself does');
  });

  it('is marked where there is nothing to compare it with, too', () => {
    const runs = runsOf([documentOf(bypass(1e9, 0.001))]);
    const { fig2 } = figuresOf(runs);
    const [series] = fig2.series;
    const point = series?.points.find((each) => each !== undefined);
    assert.ok(series && point);
    assert.equal(point.doubt, 'tcp');
    assert.deepEqual(series.breaks, [64]);
    assert.match(pointText(fig2, series, point), /, mostly TCP$/);
    const [head = '', row = ''] = figureCsv(fig2, runs).split('\r\n');
    assert.equal(row.split(',')[head.split(',').indexOf('doubt')], 'tcp');
  });

  it('says how much was redirected where that was a part', () => {
    const { fig2 } = figuresOf(runsOf([documentOf([...tcp(1e9), ...bypass(2e9, 0.4)])]));
    const [, series] = fig2.series;
    const point = series?.points.find((each) => each !== undefined);
    assert.ok(series && point);
    assert.match(pointText(fig2, series, point), /2\.00 × TCP, 40% redirected$/);
  });
});

describe('two runs, one of which moved next to nothing', () => {
  const still: ResultDocument = documentOf([...tcp(1e9), ...bypass(1, 0.9)]);
  const fast: ResultDocument = documentOf([...tcp(1e9), ...bypass(6e9, 0.9)]);
  const rateOf = (before: ResultDocument, after: ResultDocument) =>
    compareDocuments(before, after).differences.find(({ arm }) => arm === 'bypass');

  it('have no ratio of billions of percent', () => {
    const one = rateOf(still, fast);
    assert.ok(one);
    assert.equal(one.verdict, 'not compared');
    assert.equal(one.ratio ?? one.againstTcp, undefined);
    assert.equal(doubtText(one), 'almost nothing was moved before');
  });

  it('are worse where it is the later one', () => {
    const one = rateOf(fast, still);
    assert.ok(one);
    assert.deepEqual([one.verdict, one.ratio], ['worse', undefined]);
    assert.equal(doubtText(one), 'almost nothing was moved after');
    assert.equal(exitOf(regressionCheck(fast, still)), EXIT.worse);
  });

  it('write an interval without end as such', () => {
    const ratio = { ratio: 1.4, interval: { low: 1e-9, high: 6.2e9 }, pairs: 2 };
    assert.equal(changeText(ratio), '+40.0% (below -99.9% to over 1000 times)');
    assert.equal(changeText({ ratio: 12.3, pairs: 1 }), '12 times');
  });
});
