import assert from 'node:assert/strict';
import {
  medianRank,
  pairedRatio,
  precisionOf,
  spreadOf,
  t975,
  unpairedRatio,
  verdictOf,
} from '../../../src/results/statistics.ts';
import { normal } from '../random.ts';

describe('statistics', () => {
  it('takes the middle and the extremes', () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, low: 1, high: 3 });
    assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, low: 1, high: 4 });
    assert.deepEqual(spreadOf([7]), { median: 7, low: 7, high: 7 });
    assert.throws(() => spreadOf([]));
  });

  it('agrees with the published ranks of the interval of a median', () => {
    // Campbell and Gardner, BMJ 296:1454 (1988): sample size, ranks of the 95% interval, exact level.
    const table = [
      [6, 1, 6, 96.9],
      [8, 1, 8, 99.2],
      [9, 2, 8, 96.1],
      [10, 2, 9, 97.9],
      [12, 3, 10, 96.1],
      [15, 4, 12, 96.5],
      [20, 6, 15, 95.9],
      [25, 8, 18, 95.7],
      [30, 10, 21, 95.7],
      [40, 14, 27, 96.2],
      [50, 18, 33, 96.7],
      [100, 40, 61, 96.5],
    ] as const;
    for (const [n, low, high] of table) {
      assert.deepEqual([medianRank(n), n + 1 - medianRank(n)], [low, high], String(n));
      // 1, 2, … n: each value is its rank.
      const { interval } = spreadOf(Array.from({ length: n }, (_, i) => n - i));
      assert.deepEqual(interval, { low, high });
    }
    for (const n of [0, 1, 3, 5]) assert.equal(medianRank(n), 0);
    assert.equal(spreadOf([1, 2, 3, 4, 5]).interval, undefined);
    // The way of counting changes at 1000.
    assert.ok(medianRank(1001) - medianRank(1000) <= 1 && medianRank(1000) > 460);
  });

  it('takes the middle of many values', () => {
    const { median, low, high } = spreadOf(Array.from({ length: 300_000 }, (_, i) => i));
    assert.deepEqual([median, low, high], [149_999.5, 0, 299_999]);
  });

  // Student, Biometrika 6 (1908): hours of sleep two drugs gained ten patients; R's data set `sleep`.
  const drug1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
  const drug2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
  /** The statistics take logarithms first. */
  const asLogs = (hours: readonly number[]) => hours.map(Math.exp);
  const close = (value: number, published: number, tolerance: number) => {
    assert.ok(Math.abs(value - published) < tolerance, `${value}, published ${published}`);
  };

  it('agrees with the published median of the sleep data', () => {
    // R prints for summary(sleep): Min. -1.600, Median 0.950, Max. 5.500.
    const spread = spreadOf([...drug1, ...drug2]);
    close(spread.median, 0.95, 1e-9);
    assert.deepEqual([spread.low, spread.high], [-1.6, 5.5]);
  });

  it('agrees with the published paired t interval of the sleep data', () => {
    // R prints for t.test(group2, group1, paired = TRUE):
    // mean difference 1.58, 95 percent confidence interval 0.7001142 2.4598858.
    const [own, other] = [asLogs(drug2), asLogs(drug1)];
    const ratio = pairedRatio(own.map((value, index) => [value, other[index] ?? NaN]));
    assert.ok(ratio?.interval);
    close(Math.log(ratio.ratio), 1.58, 1e-9);
    close(Math.log(ratio.interval.low), 0.7001142, 2e-4);
    close(Math.log(ratio.interval.high), 2.4598858, 2e-4);
    assert.equal(ratio.pairs, 10);
    // The same call prints t = 4.0621, df = 9, p-value = 0.002833: significant.
    assert.equal(verdictOf(ratio), 'higher');
    const halfWidth = Math.log(ratio.interval.high / ratio.interval.low) / 2;
    close((Math.log(ratio.ratio) / halfWidth) * t975(9), 4.0621, 1e-3);
  });

  it("agrees with the published Welch interval of the sleep data, and so with Welch's test", () => {
    // R prints for t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939,
    // 95 percent confidence interval -3.3654832 0.2054832, means 0.75 and 2.33.
    const ratio = unpairedRatio(asLogs(drug1), asLogs(drug2));
    assert.ok(ratio?.interval);
    close(Math.log(ratio.ratio), 0.75 - 2.33, 1e-9);
    close(Math.log(ratio.interval.low), -3.3654832, 2e-3);
    close(Math.log(ratio.interval.high), 0.2054832, 2e-3);
    assert.equal(verdictOf(ratio), 'unclear', 'p > 0.05');
  });

  it("agrees with the published table of Student's t", () => {
    // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
    const table = [
      ...([
        [1, 12.706],
        [2, 4.303],
        [10, 2.228],
        [29, 2.045],
        [30, 2.042],
      ] as const),
      ...([
        [31, 2.04],
        [40, 2.021],
        [50, 2.009],
        [60, 2],
        [80, 1.99],
        [100, 1.984],
      ] as const),
    ];
    for (const [degreesOfFreedom, published] of table) {
      close(t975(degreesOfFreedom), published, 0.002);
    }
    close(t975(1e9), 1.96, 1e-6);
    // Between two entries: R's qt(0.975, 17.776) is 2.102733.
    close(t975(17.776), 2.102733, 0.001);
  });

  it('leaves 5% of the density of Student’s t outside, or less, at any degrees of freedom', () => {
    for (const v of [1, 1.2, 1.5, 1.9, 2.5, 3.5, 4.5, 7.5, 11.3, 17.776, 29.5, 35, 45, 120, 1000]) {
      const outside = 1 - 2 * areaUpTo(t975(v), v);
      // Between few degrees of freedom the interval is a little too wide, never too narrow.
      assert.ok(outside < 0.0501 && outside > (v < 3 ? 0.038 : 0.0493), `${v}: ${outside}`);
    }
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

  it('compares runs of unequal length, and none with nothing', () => {
    assert.equal(unpairedRatio([], [1]), undefined);
    assert.equal(unpairedRatio([1, 0], [1, 1]), undefined);
    assert.deepEqual(unpairedRatio([2], [1, 1, 1]), { ratio: 2, pairs: 1 });
    const steady = unpairedRatio([2, 2, 2], [1, 1]);
    assert.deepEqual(steady, { ratio: 2, interval: { low: 2, high: 2 }, pairs: 2 });
    const coarse = unpairedRatio([13, 13, 13], [12, 12, 12], 1);
    assert.ok(coarse);
    assert.equal(verdictOf(coarse), 'unclear');
  });

  it('says how well a ratio is known', () => {
    assert.equal(precisionOf({ ratio: 2, pairs: 1 }), Infinity);
    const interval = { low: 2 / 1.05, high: 2 * 1.05 };
    close(precisionOf({ ratio: 2, interval, pairs: 5 }), 0.05, 1e-12);
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

  it('says what the whole interval allows', () => {
    const verdict = (low: number, high: number) =>
      verdictOf({ ratio: (low + high) / 2, interval: { low, high }, pairs: 5 });
    assert.equal(verdict(0.97, 1.03), 'same');
    assert.equal(verdict(1.005, 1.04), 'same');
    assert.equal(verdict(1.005, 1.06), 'higher');
    assert.equal(verdict(0.9, 0.99), 'lower');
    assert.equal(verdict(0.94, 0.995), 'lower');
    assert.equal(verdict(0.94, 1.01), 'unclear');
    assert.equal(verdict(0.5, 2), 'unclear');
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
        if (!ratio.interval || ratio.interval.low > 1 || ratio.interval.high < 1) wrong++;
      }
      assert.ok(Math.abs(wrong / runs - 0.05) < 0.012, `${wrong} of ${runs}`);
    });
  }
});

/** Student's density from 0 to `t`, by Simpson's rule; its factor from the area of its upper half. */
function areaUpTo(t: number, v: number): number {
  const density = (x: number) => (1 + (x * x) / v) ** (-(v + 1) / 2);
  const simpson = (f: (x: number) => number, end: number, steps = 20_000) => {
    const h = end / steps;
    let sum = f(0) + f(end);
    for (let i = 1; i < steps; i++) sum += f(i * h) * (i % 2 === 1 ? 4 : 2);
    return (sum * h) / 3;
  };
  // x = tan(u) brings infinity to a quarter turn; just before it the density is as good as 0.
  const all = simpson((u) => density(Math.tan(u)) / Math.cos(u) ** 2, Math.PI / 2 - 1e-6);
  return simpson(density, t) / all / 2;
}
