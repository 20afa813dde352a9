import assert from 'node:assert/strict';
import type { Plan, Sample } from '../../../src/results/document.ts';
import { PROFILES, schedule } from '../../../src/results/plan.ts';
import { groupBy, pairsOf } from '../../../src/results/samples.ts';
import { pairedRatio } from '../../../src/results/statistics.ts';
import { baselineOf } from '../../../src/results/arms.ts';
import { sizeKey } from '../../../src/results/sizes.ts';
import { sampleOf } from './documents.ts';
import { normal } from '../random.ts';

/**
 * Runs the plan with arms that are all equally fast.
 * @param noise standard deviation of the logarithm of a ratio.
 * @returns how many of the ratios have an interval that leaves out the true ratio, 1.
 */
function missed(plan: Plan, noise: number, random: () => number) {
  const samples: Sample[] = [];
  for (;;) {
    const { slots } = schedule(plan, samples);
    if (slots.length === 0) break;
    for (const slot of slots) {
      samples.push(sampleOf(slot, samples.length, 1e6 * Math.exp((noise / Math.SQRT2) * random())));
    }
  }
  const bySize = groupBy(samples, sizeKey);
  const outcomes = plan.points.flatMap((point) => {
    const baseline = baselineOf(point) ?? assert.fail();
    return point.arms.flatMap((arm) => {
      if (arm === baseline) return [];
      const pairs = pairsOf(bySize.get(sizeKey(point)) ?? [], arm, baseline);
      const { interval } = pairedRatio(pairs) ?? assert.fail();
      assert.ok(interval);
      return [interval.low > 1 || interval.high < 1];
    });
  });
  return { misses: outcomes.filter(Boolean).length, ratios: outcomes.length };
}

describe('the 95% intervals of our plans, with normal noise', function () {
  // Thousands of runs of each plan.
  this.timeout('60s');
  const NOISES = [0.01, 0.0125, 0.015, 0.02, 0.03, 0.1];
  const RATIOS = 3000;

  for (const make of Object.values(PROFILES)) {
    const plan = make('guarded');
    it(`of ${plan.name} hold the true ratio in 95% of cases`, () => {
      const shares = NOISES.map((noise) => {
        const random = normal(11);
        const sum = { misses: 0, ratios: 0 };
        while (sum.ratios < RATIOS) {
          const { misses, ratios } = missed(plan, noise, random);
          sum.misses += misses;
          sum.ratios += ratios;
        }
        return sum.misses / sum.ratios;
      });
      const words = shares.map((share) => share.toFixed(4)).join(' ');
      // A share of 3000 has a standard error of 0.4%, their mean one of 0.16%.
      assert.ok(Math.max(...shares) < 0.064, words);
      const mean = shares.reduce((a, b) => a + b) / shares.length;
      assert.ok(mean < 0.055 && mean > 0.045, `${mean}: ${words}`);
    });
  }
});
