import assert from 'node:assert/strict';
import type { Plan, Sample } from '../../src/bench/document.ts';
import { schedule } from '../../src/bench/plan.ts';
import { pairsOf } from '../../src/bench/samples.ts';
import { pairedRatio, verdictOf, type Verdict } from '../../src/bench/statistics.ts';
import { stream } from './documents.ts';
import { recorded } from './recorded.ts';

/** Rounds until the standard plan's target is reached, however many. */
const PATIENT: Plan = {
  name: 'trial',
  points: [{ experiment: 'throughput', messageBytes: 64, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 1000,
  minRepetitions: 5,
  targetInterval: 0.02,
};
/** Too few rounds for a machine that noisy. */
const HASTY: Plan = { ...PATIENT, repetitions: 10 };
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
function trial(
  plan: Plan,
  pairs: readonly [number, number][],
  seed: number,
  factor: number,
): Verdict {
  const random = uniform(seed);
  const samples: Sample[] = [];
  for (;;) {
    const { slots } = schedule(plan, samples);
    if (slots.length === 0) break;
    const drawn = pairs[Math.floor(random() * pairs.length)] ?? [NaN, NaN];
    const [tcp, bypass] = random() < 0.5 ? drawn : drawn.toReversed();
    for (const { arm, repetition } of slots) {
      const rate = (arm === 'tcp' ? tcp : (bypass ?? NaN) * factor) ?? NaN;
      samples.push({ ...stream(), arm, repetition, throughputBitsPerSecond: rate });
    }
  }
  const ratio = pairedRatio(pairsOf(samples, 'bypass', 'tcp'));
  assert.ok(ratio);
  return verdictOf(ratio);
}

describe('with real samples', () => {
  const outcomes = (plan: Plan, file: string, factor: number, trials = TRIALS): Verdict[] => {
    const pairs = neighbours(file);
    return Array.from({ length: trials }, (_, i) => trial(plan, pairs, 7919 * (i + 1), factor));
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
});
