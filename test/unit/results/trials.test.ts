import assert from 'node:assert/strict';
import { median } from 'simple-statistics';
import { compareDocuments } from '../../../src/results/compare.ts';
import { regressions } from '../../../src/results/regressionCheck.ts';
import type { Plan, ResultDocument, Sample } from '../../../src/results/document.ts';
import { noiseOf } from '../../../src/results/noise.ts';
import { schedule, standardPlan } from '../../../src/results/plan.ts';
import { groupBy, pairsOf } from '../../../src/results/samples.ts';
import { pairedRatio, verdictOf, type Verdict } from '../../../src/results/statistics.ts';
import { sizeKey } from '../../../src/results/sizes.ts';
import { resultDocument, roundTrip, scaled, stream } from './documents.ts';
import { recorded } from '../recorded.ts';

/** As it is shipped, with its rounds, target and limit; the two arms that are compared. */
const STANDARD: Plan = {
  ...standardPlan('guarded'),
  points: standardPlan('guarded').points.map((point) => ({ ...point, arms: ['tcp', 'bypass'] })),
  bpfTime: false,
};
const TRIALS = 20;
const POINTS = STANDARD.points.length;

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

/**
 * The same on a machine that is four times as quiet, which leaves 2% between neighbours: what is
 * real is the shape of the noise. Of more, ten rounds make no verdict.
 */
function quiet(pairs: readonly [number, number][]): [number, number][] {
  const middle = median(pairs.flat());
  const calm = (rate: number) => middle * (rate / middle) ** (1 / 4);
  return pairs.map(([one, other]) => [calm(one), calm(other)]);
}

/** Numbers from 0 to 1 (Park and Miller) from a fixed seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/**
 * Runs the plan: each round of a point draws two recorded neighbours and gives them to the arms by
 * chance, so that both are the same arm. @param factor what the second arm is slowed by.
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
    for (const { point, repetition } of slots.filter(({ arm }) => arm === 'tcp')) {
      const drawn = pairs[Math.floor(random() * pairs.length)] ?? [NaN, NaN];
      const [tcp = NaN, bypass = NaN] = random() < 0.5 ? drawn : drawn.toReversed();
      const rates = { tcp, bypass: bypass * factor };
      for (const arm of ['tcp', 'bypass'] as const) {
        const rate = rates[arm];
        const { bpf: _, ...trip } = roundTrip();
        if (point.experiment === 'throughput') {
          samples.push({ ...stream(), ...point, arm, repetition, throughputBitsPerSecond: rate });
        } else if (point.experiment === 'latency') {
          samples.push({ ...trip, ...point, arm, repetition, transactionsPerSecond: rate });
        }
      }
    }
  }
}

const seeds = Array.from({ length: TRIALS }, (_, index) => 7919 * (index + 1));
const count = (verdicts: readonly Verdict[], wanted: readonly Verdict[]): number =>
  verdicts.filter((verdict) => wanted.includes(verdict)).length;

describe('the standard plan with real samples', () => {
  /** For each of its points. */
  const outcomes = (pairs: readonly [number, number][], factor: number): Verdict[] =>
    seeds.flatMap((seed) => {
      const { samples } = measured(STANDARD, pairs, { seed, factor });
      return [...groupBy(samples, sizeKey).values()].map((point) =>
        verdictOf(pairedRatio(pairsOf(point, 'bypass', 'tcp')) ?? assert.fail()),
      );
    });

  describe('of a quiet machine', () => {
    const pairs = quiet(neighbours('rr'));

    it('calls itself quiet', () => {
      const said = noiseOf(measured(STANDARD, pairs, { seed: 1 }));
      assert.ok(said[0]?.kind === 'spread' && said[0].quiet);
    });

    it('shows no difference of an arm from itself in at least 19 of 20 trials', () => {
      const verdicts = outcomes(pairs, 1);
      assert.equal(verdicts.length, TRIALS * POINTS);
      assert.ok(count(verdicts, ['same']) >= 0.95 * verdicts.length, verdicts.join(' '));
    });

    it('finds an arm slowed by 10% in at least 19 of 20 trials', () => {
      const verdicts = outcomes(pairs, 0.9);
      assert.ok(count(verdicts, ['lower']) >= 0.95 * verdicts.length, verdicts.join(' '));
    });
  });

  // Differences below its noise are not found there, whatever the statistics.
  for (const file of ['rr', 'stream']) {
    it(`is inconclusive on a noisy machine, and wrong in no more than 1 of 20 trials: ${file}`, () => {
      const pairs = neighbours(file);
      const same = outcomes(pairs, 1);
      const madeUp = count(same, ['higher', 'lower']) / same.length;
      // A share of 360 has a standard error of 1.1%.
      assert.ok(madeUp < 0.075, `${madeUp}`);
      assert.ok(count(same, ['unclear']) > 0.8 * same.length, same.join(' '));
      assert.ok(count(outcomes(pairs, 0.9), ['higher', 'same']) <= 0.05 * same.length);
      const [spread] = noiseOf(measured(STANDARD, pairs, { seed: 1 }));
      assert.ok(spread?.kind === 'spread' && !spread.quiet);
    });
  }

  describe('two runs of a quiet machine', () => {
    let trials: (readonly [before: ResultDocument, after: ResultDocument])[];
    before(() => {
      const pairs = quiet(neighbours('rr'));
      const run = (seed: number) => measured(STANDARD, pairs, { seed });
      trials = seeds.map((seed) => [run(seed), run(seed + 1)] as const);
    });
    /** The second run as it would have been with everything, or the bypass alone, at another speed. */
    const compared = ({ host = 1, bypass = 1 }: { host?: number; bypass?: number }) =>
      trials.map(([before, after]) => {
        const samples = after.samples.map((sample): Sample => {
          const factor = host * (sample.arm === 'bypass' ? bypass : 1);
          return scaled(sample, factor);
        });
        return compareDocuments(before, { ...after, samples });
      });
    const found = (change: Parameters<typeof compared>[0]): number =>
      compared(change).flatMap((each) => regressions(each)).length;

    it('show no difference of an arm from itself in at least 19 of 20 trials', () => {
      const verdicts = compared({}).flatMap(({ differences }) =>
        differences.flatMap(({ againstTcp }) => (againstTcp ? verdictOf(againstTcp) : [])),
      );
      assert.equal(verdicts.length, TRIALS * POINTS);
      assert.ok(count(verdicts, ['same']) >= 0.95 * verdicts.length, verdicts.join(' '));
    });

    it('report a bypass slowed by 10% in at least 19 of 20 trials', () => {
      const slower = found({ bypass: 0.9 });
      assert.ok(slower >= 0.95 * TRIALS * POINTS, `${slower}`);
    });

    it('fail no task for the same bypass, nor on a host that is slower as a whole, in at least 19 of 20', () => {
      for (const host of [1, 0.8]) {
        const failed = compared({ host }).filter((each) => regressions(each).length > 0);
        assert.ok(failed.length <= 1, `${failed.length} at ${host}`);
      }
    });
  });
});
