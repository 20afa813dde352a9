import assert from 'node:assert/strict';
import { compareDocuments, regressions } from '../../src/bench/compare.ts';
import type { Plan, ResultDocument, Sample } from '../../src/bench/document.ts';
import { schedule, standardPlan } from '../../src/bench/plan.ts';
import { pairsOf } from '../../src/bench/samples.ts';
import { pairedRatio, verdictOf, type Verdict } from '../../src/bench/statistics.ts';
import { resultDocument, stream } from './documents.ts';
import { recorded } from './recorded.ts';

/** The standard plan's rounds, at one point, until its target is reached, however many. */
const STANDARD = standardPlan('guarded');
const PATIENT: Plan = {
  ...STANDARD,
  points: [{ experiment: 'throughput', messageBytes: 64, arms: ['tcp', 'bypass'] }],
  repetitions: 1000,
  bpfTime: false,
};
/** The same with its limit: too few rounds for a machine that noisy. */
const HASTY: Plan = { ...PATIENT, repetitions: STANDARD.repetitions };
const TRIALS = 20;

/**
 * Rates of plain TCP as netperf measured them one after the other for 1 s each, both ends pinned,
 * while a machine of two CPUs was otherwise used as well: pairs of neighbours, which differ by 9%
 * (round trips) and by 30% (streams) of standard deviation.
 */
function neighbours(file: string): [number, number][] {
  const rates = recorded(`series/${file}.txt`).trim().split('\n').map(Number);
  return rates.flatMap((rate, index) =>
    index % 2 === 1 ? [[rates[index - 1] ?? NaN, rate] as [number, number]] : [],
  );
}

/** Numbers from 0 to 1 (Park and Miller) from a fixed seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/**
 * Runs the plan: each round draws two recorded neighbours and gives them to the arms by chance, so
 * that both are the same arm. @param factor what the second arm is slowed by.
 */
function measured(
  plan: Plan,
  pairs: readonly [number, number][],
  { seed, factor = 1 }: { seed: number; factor?: number },
): ResultDocument {
  const random = uniform(seed);
  const samples: Sample[] = [];
  for (;;) {
    const { slots } = schedule(plan, samples);
    if (slots.length === 0) return resultDocument({ plan, samples });
    const drawn = pairs[Math.floor(random() * pairs.length)] ?? [NaN, NaN];
    const [tcp = NaN, bypass = NaN] = random() < 0.5 ? drawn : drawn.toReversed();
    for (const { arm, repetition } of slots) {
      const rate = arm === 'tcp' ? tcp : bypass * factor;
      samples.push({ ...stream(), arm, repetition, throughputBitsPerSecond: rate });
    }
  }
}

describe('with real samples', () => {
  const seeds = (trials: number) => Array.from({ length: trials }, (_, i) => 7919 * (i + 1));
  const outcomes = (plan: Plan, file: string, factor: number, trials = TRIALS): Verdict[] => {
    const pairs = neighbours(file);
    return seeds(trials).map((seed) => {
      const { samples } = measured(plan, pairs, { seed, factor });
      return verdictOf(pairedRatio(pairsOf(samples, 'bypass', 'tcp')) ?? assert.fail());
    });
  };
  const count = (verdicts: readonly Verdict[], wanted: readonly Verdict[]): number =>
    verdicts.filter((verdict) => wanted.includes(verdict)).length;

  it('an arm against itself shows no difference in at least 19 of 20 trials', () => {
    const verdicts = outcomes(PATIENT, 'rr', 1);
    assert.ok(count(verdicts, ['same']) >= 19, verdicts.join(' '));
  });

  it('an arm slowed by 10% is found in at least 19 of 20 trials', () => {
    const verdicts = outcomes(PATIENT, 'rr', 0.9);
    assert.ok(count(verdicts, ['lower']) >= 19, verdicts.join(' '));
  });

  it('a limit that comes too early for a noisy machine makes up no more than an interval of 95% may', () => {
    for (const file of ['rr', 'stream']) {
      const verdicts = outcomes(HASTY, file, 1, 400);
      const madeUp = count(verdicts, ['higher', 'lower']) / verdicts.length;
      assert.ok(madeUp < 0.08, `${file}: ${madeUp}`);
    }
  });

  describe('two runs', () => {
    // The errors of both add up: for 2% between them each has to be known to within 2% / √2.
    const plan: Plan = { ...PATIENT, repetitions: 500, targetInterval: 0.014 };
    let trials: (readonly [before: ResultDocument, after: ResultDocument])[];
    before(() => {
      const pairs = neighbours('rr');
      const run = (seed: number) => measured(plan, pairs, { seed });
      trials = seeds(TRIALS).map((seed) => [run(seed), run(seed + 1)] as const);
    });
    /** The second run as it would have been with everything, or the bypass alone, at another speed. */
    const compared = ({ host = 1, bypass = 1 }: { host?: number; bypass?: number }) =>
      trials.map(([before, after]) => {
        const samples = after.samples.map((sample): Sample => {
          const factor = host * (sample.arm === 'bypass' ? bypass : 1);
          return sample.experiment === 'throughput'
            ? { ...sample, throughputBitsPerSecond: factor * sample.throughputBitsPerSecond }
            : sample;
        });
        return compareDocuments(before, { ...after, samples });
      });

    it('of the same arm show no difference in at least 19 of 20 trials', () => {
      const verdicts = compared({}).map(({ differences }) =>
        verdictOf(differences[1]?.againstTcp ?? assert.fail()),
      );
      assert.ok(count(verdicts, ['same']) >= 19, verdicts.join(' '));
    });

    it('fail a task for a bypass slowed by 10% in at least 19 of 20 trials', () => {
      const found = compared({ bypass: 0.9 }).filter((each) => regressions(each).length === 1);
      assert.ok(found.length >= 19, `${found.length}`);
    });

    it('fail none for the same bypass on a host that is slower as a whole, in at least 19 of 20', () => {
      const failed = compared({ host: 0.8 }).filter((each) => regressions(each).length > 0);
      assert.ok(failed.length <= 1, `${failed.length}`);
    });
  });
});
