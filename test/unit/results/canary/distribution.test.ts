import assert from 'node:assert/strict';
import { distributionSteps } from '../../../../src/results/canary/distribution.ts';
import { bucketOf, type Histogram } from '../../../../src/results/canary/histogram.ts';

const of = (...values: readonly (readonly [nanoseconds: number, count: number])[]): Histogram =>
  values.map(([value, count]) => [bucketOf(value), count] as const);

describe('distributions of a canary', () => {
  it('lie on one scale, each with all of its own answers', () => {
    const steps = distributionSteps(of([100_000, 30], [400_000, 10]), of([200_000, 1000]));
    const sum = (group: 'bypass' | 'tcp') => steps.reduce((all, step) => all + step[group], 0);
    assert.ok(Math.abs(sum('bypass') - 1) < 1e-9);
    assert.ok(Math.abs(sum('tcp') - 1) < 1e-9);
    // From 100 to 400 us: two powers of two, in eight steps each, and the last one.
    assert.equal(steps.length, 17);
    const [most = assert.fail()] = steps.toSorted((a, b) => b.bypass - a.bypass);
    assert.equal(most.bypass, 0.75);
    assert.ok(Math.abs(most.nanoseconds / 100_000 - 1) < 0.09);
    for (const [index, { nanoseconds }] of steps.entries())
      assert.ok(index === 0 || nanoseconds > (steps[index - 1]?.nanoseconds ?? 0));
  });

  it('leave out the slowest of 1000, and are empty without answers', () => {
    const steps = distributionSteps(of([1000, 10_000], [1e9, 5]), of());
    assert.equal(steps.length, 1);
    assert.equal(steps[0]?.tcp, 0);
    assert.deepEqual(distributionSteps([], []), []);
  });
});
