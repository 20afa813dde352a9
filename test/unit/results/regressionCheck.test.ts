import assert from 'node:assert/strict';
import { compareDocuments } from '../../../src/results/compare.ts';
import { comparisonReport } from '../../../src/results/words/compareReport.ts';
import type { Arm, ResultDocument, Sample } from '../../../src/results/document.ts';
import { EXIT, exitOf, regressionCheck } from '../../../src/results/regressionCheck.ts';
import { regressionLines } from '../../../src/results/words/regressionLines.ts';
import { resultDocument, stream } from './documents.ts';

/** A little scatter, other than zero. */
const wobble = (round: number): number => 1 + ((round % 3) - 1) / 200;
const steady = (rate: number, rounds = 5): number[] =>
  Array.from({ length: rounds }, (_, round) => rate * wobble(round));

/** @param rates of each round, by arm. */
const run = (rates: Partial<Record<Arm, readonly number[]>>, messageBytes = 64): ResultDocument =>
  resultDocument({
    finishedAt: '2026-03-01T11:00:00.000Z',
    samples: Object.entries(rates).flatMap(([arm, list]) =>
      list.map((rate, repetition): Sample => ({
        ...stream(),
        arm: arm as Arm,
        repetition,
        messageBytes,
        throughputBitsPerSecond: rate,
      })),
    ),
  });

function judged(before: ResultDocument, after: ResultDocument): [code: number, said: string] {
  const check = regressionCheck(before, after, 5);
  return [exitOf(check), regressionLines(check).join('\n')];
}

const TCP = steady(1e9);
const BEFORE = run({ tcp: TCP, bypass: steady(2e9) });

describe('a run compared with a saved one', () => {
  it('is good where it is as fast', () => {
    const [code, said] = judged(BEFORE, run({ tcp: TCP, bypass: steady(2e9) }));
    assert.equal(code, EXIT.good);
    assert.match(said, /same: Bypass, throughput, 64 B: .*\nNo significant slowdown over 5%\.$/);
  });

  it('is neither where it is of another topology', () => {
    const plan = { ...BEFORE.plan, topology: 'namespaces' as const };
    for (const rate of [2e9, 1e9]) {
      const [code, said] = judged(BEFORE, { ...run({ tcp: TCP, bypass: steady(rate) }), plan });
      assert.equal(code, EXIT.failed);
      assert.match(said, /^The topology differs/);
      assert.match(said, /one over loopback say nothing about each other\.\nInconclusive/);
    }
  });

  it('is worse where it is slower', () => {
    const [code, said] = judged(BEFORE, run({ tcp: TCP, bypass: steady(1e9) }));
    assert.equal(code, EXIT.worse);
    assert.match(said, /WORSE: Bypass, throughput, 64 B: -50\.0%/);
  });

  it('is worse where nothing moves any more', () => {
    const [code, said] = judged(BEFORE, run({ tcp: TCP, bypass: [0, 0, 0, 0, 0] }));
    assert.equal(code, EXIT.worse);
    assert.match(said, /WORSE: Bypass, throughput, 64 B: stalled in 5 of 5 rounds after/);
    const [most] = judged(BEFORE, run({ tcp: TCP, bypass: [0, 0, 0, 2e9, 2e9] }));
    assert.equal(most, EXIT.worse);
  });

  it('is worse where one round stalls and the others are slower', () => {
    const [code, said] = judged(BEFORE, run({ tcp: TCP, bypass: [0, ...steady(1e9, 4)] }));
    assert.equal(code, EXIT.worse);
    assert.match(said, /WORSE: .*: -50\.\d% .*; stalled in 1 of 5 rounds after/);
  });

  describe('is not good, as nothing can be said about it,', () => {
    const CASES: [name: string, before: ResultDocument, after: ResultDocument, words: RegExp][] = [
      [
        'where one round stalls and the others are as fast',
        BEFORE,
        run({ tcp: TCP, bypass: [0, ...steady(2e9, 4)] }),
        /Bypass at 64 B stalled in 1 of 5 rounds/,
      ],
      [
        'with a single round, however slow',
        BEFORE,
        run({ tcp: [1e9], bypass: [1e8] }),
        /Bypass at 64 B has too few rounds to compare/,
      ],
      [
        'with a single round of TCP beside it',
        BEFORE,
        run({ tcp: [1e9], bypass: steady(2e9) }),
        /Bypass at 64 B has too few rounds to compare/,
      ],
      [
        'against a run of TCP alone',
        run({ tcp: TCP }),
        BEFORE,
        /The saved run has no samples of Bypass\./,
      ],
      [
        'without the bypass of the saved run',
        BEFORE,
        run({ tcp: TCP }),
        /This run has no samples of Bypass at a size of the saved one/,
      ],
      [
        'without one of its two policies',
        run({ bypass: steady(2e9), 'bypass-classic': steady(2e9) }),
        run({ bypass: steady(2e9) }),
        /no samples of Bypass classic at a size/,
      ],
      [
        'where everything stalled before as well',
        run({ tcp: TCP, bypass: [0, 0, 0] }),
        run({ tcp: TCP, bypass: [0, 0, 0] }),
        /Bypass at 64 B has too few rounds to compare/,
      ],
      ['at other sizes', run({ bypass: TCP }, 128), BEFORE, /nothing was compared/],
    ];
    for (const [name, before, after, words] of CASES) {
      it(name, () => {
        const [code, said] = judged(before, after);
        assert.equal(code, EXIT.failed, said);
        assert.match(said, words);
        assert.match(said, /Inconclusive: whether the bypass got slower is not known\.$/);
      });
    }
  });

  it('may have a policy the saved one has not, and stall no more often than it', () => {
    const stalling = [0, ...steady(2e9, 4)];
    const more = run({ tcp: TCP, bypass: stalling, 'bypass-classic': TCP });
    assert.equal(judged(run({ tcp: TCP, bypass: stalling }), more)[0], EXIT.good);
    assert.equal(judged(run({ tcp: TCP, bypass: [0, 2e9, 2e9] }), more)[0], EXIT.good);
  });

  describe('of sizes at which hardly a byte was redirected', () => {
    /** The same, with a count of what was redirected. */
    const redirecting = (document: ResultDocument, part: number): ResultDocument => ({
      ...document,
      samples: document.samples.map((sample) =>
        sample.arm === 'bypass' && sample.experiment === 'throughput'
          ? {
              ...sample,
              bpf: {
                redirectedBytes: (part * sample.throughputBitsPerSecond * sample.seconds) / 8,
              },
            }
          : sample,
      ),
    });
    const both = (small: number, large: number): ResultDocument => ({
      ...BEFORE,
      samples: [
        ...redirecting(run({ tcp: TCP, bypass: steady(small) }, 64), 0.001).samples,
        ...redirecting(run({ tcp: TCP, bypass: steady(large) }, 65_536), 1).samples,
      ],
    });

    it('judges by the others alone, whatever the noise of TCP', () => {
      for (const [small, verdict] of [
        [4.8e9, EXIT.good],
        [0.5e9, EXIT.good],
      ] as const) {
        const [code, said] = judged(both(2e9, 2e9), both(small, 2e9));
        assert.equal(code, verdict, said);
        assert.match(
          said,
          /^not compared: Bypass, throughput, 64 B: mostly TCP before and after$/m,
        );
        assert.doesNotMatch(said, /^(better|WORSE|worse)/m);
      }
      assert.equal(judged(both(2e9, 2e9), both(2e9, 1e9))[0], EXIT.worse);
      const { differences } = compareDocuments(both(2e9, 2e9), both(4.8e9, 2e9));
      const small = differences.find(({ verdict }) => verdict === 'not compared');
      assert.equal(small?.ratio ?? small?.againstTcp, undefined);
      const report = comparisonReport(both(2e9, 2e9), both(4.8e9, 2e9));
      assert.match(report, /1 not compared, because almost no data used the bypass/);
      assert.match(report, /\| mostly TCP before and after \| not comparable \|/);
      assert.doesNotMatch(report, /\+140/);
    });

    it('says nothing where there are no others', () => {
      const one = redirecting(BEFORE, 0.001);
      const [code, said] = judged(one, one);
      assert.equal(code, EXIT.failed, said);
      assert.match(said, /Almost no data used the bypass at any size of both runs/);
    });

    it('does not pass a bypass that is none any more', () => {
      const [code, said] = judged(redirecting(BEFORE, 1), redirecting(BEFORE, 0));
      assert.equal(code, EXIT.failed, said);
      assert.match(said, /Bypass at 64 B: mostly TCP after, so there is nothing/);
    });

    it('says that nothing moves any more all the same', () => {
      const stopped = run({ tcp: TCP, bypass: [0, 0, 0, 0, 0] });
      assert.equal(judged(redirecting(BEFORE, 0), stopped)[0], EXIT.worse);
    });
  });

  it('names what each change is to', () => {
    const [, said] = judged(BEFORE, run({ tcp: TCP, bypass: steady(1e9) }));
    assert.match(
      said,
      /Bypass, throughput, 64 B: -50\.0% \([^)]*\) against the saved run, its ratio to TCP -50\.0% \(/,
    );
  });

  it('has its stalls in the report as well', () => {
    const after = run({ tcp: [0, ...steady(1e9, 4)], bypass: [0, 0, 0, 0, 0] });
    const { differences } = compareDocuments(BEFORE, after);
    assert.deepEqual(
      differences.map(({ verdict }) => verdict),
      ['same', 'worse'],
    );
    const report = comparisonReport(BEFORE, after);
    assert.match(report, /\| 1\.00 Gbit\/s \| .*; stalled in 1 of 5 rounds after \| same \|/);
    assert.match(report, /\| 0\.00 Gbit\/s \| stalled in 5 of 5 rounds after \| worse \|/);
  });

  it('begins no Markdown of its own with a host’s name of several lines', () => {
    const { host } = BEFORE;
    const hostile = { ...BEFORE, host: { ...host, name: 'web\n\n# Heading\n![x](http://y)' } };
    const report = comparisonReport(hostile, BEFORE);
    assert.doesNotMatch(report, /^# Heading/m);
    assert.doesNotMatch(report, /[^\\]!\[/);
    assert.match(report, /\\# Heading/);
  });
});
