import assert from 'node:assert/strict';
import { pairedRatio, spreadOf, verdictOf } from '../../src/bench/statistics.ts';

describe('statistics', () => {
  it('takes the middle and the extremes', () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, low: 1, high: 3 });
    assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, low: 1, high: 4 });
    assert.deepEqual(spreadOf([7]), { median: 7, low: 7, high: 7 });
    assert.throws(() => spreadOf([]));
  });

  it("agrees with the published paired t interval of Student's sleep data", () => {
    // Student, Biometrika 6 (1908); R prints for t.test(group2, group1, paired = TRUE):
    // mean difference 1.58, 95 percent confidence interval 0.7001142 2.4598858.
    const group1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const group2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const ratio = pairedRatio(
      group2.map((hours, index) => [Math.exp(hours), Math.exp(group1[index] ?? NaN)]),
    );
    assert.ok(ratio?.interval);
    assert.ok(Math.abs(Math.log(ratio.ratio) - 1.58) < 1e-9);
    assert.ok(Math.abs(Math.log(ratio.interval.low) - 0.7001142) < 2e-4);
    assert.ok(Math.abs(Math.log(ratio.interval.high) - 2.4598858) < 2e-4);
    assert.equal(ratio.pairs, 10);
  });

  it('draws no conclusion from a single pair', () => {
    const ratio = pairedRatio([[6, 3]]);
    assert.deepEqual(ratio, { ratio: 2, pairs: 1 });
    assert.equal(verdictOf(ratio), 'unclear');
  });

  it('has no ratio without pairs, or where something stalled', () => {
    assert.equal(pairedRatio([]), undefined);
    assert.equal(
      pairedRatio([
        [0, 3],
        [1, 3],
      ]),
      undefined,
    );
  });

  it('does not take one step of a coarse scale for a difference', () => {
    const pairs = [12, 12, 12].map((value) => [value, 13] as const);
    const [exact, coarse] = [pairedRatio(pairs), pairedRatio(pairs, 1)];
    assert.ok(exact && coarse);
    assert.equal(verdictOf(exact), 'lower');
    assert.equal(verdictOf(coarse), 'unclear');
    const far = pairedRatio(
      pairs.map(([value]) => [value, 16]),
      1,
    );
    assert.ok(far);
    assert.equal(verdictOf(far), 'lower');
  });

  for (const rounds of [3, 5, 10]) {
    it(`calls an arm different from itself in 1 of 20 runs of ${rounds} rounds`, () => {
      const random = normal(7);
      const runs = 4000;
      let wrong = 0;
      for (let run = 0; run < runs; run++) {
        const pairs = Array.from({ length: rounds }, () => {
          const round = 20 * Math.exp(0.2 * random());
          return [round * Math.exp(0.05 * random()), round * Math.exp(0.05 * random())] as const;
        });
        const ratio = pairedRatio(pairs);
        assert.ok(ratio);
        if (verdictOf(ratio) !== 'unclear') wrong++;
      }
      assert.ok(Math.abs(wrong / runs - 0.05) < 0.012, `${wrong} of ${runs}`);
    });
  }
});

/** Standard normal numbers (Box and Muller) from a fixed seed. */
function normal(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
