import assert from 'node:assert/strict';
import { MOST_RUNS } from '../../../src/results/protocol.ts';
import { dashOf, isHollow, MOST_VARIANTS, weightOf } from '../../../webview/seriesStyle.ts';

describe('the look of a line', () => {
  it('differs for each kind of line of each run that can be shown together', () => {
    const looks = Array.from({ length: MOST_RUNS }, (_, run) =>
      Array.from({ length: MOST_VARIANTS }, (_, variant) =>
        JSON.stringify([dashOf(variant), isHollow(variant), weightOf(run)]),
      ),
    ).flat();
    assert.equal(new Set(looks).size, MOST_RUNS * MOST_VARIANTS);
  });

  it('distinguishes runs by both its width and its markers', () => {
    const weights = Array.from({ length: MOST_RUNS }, (_, run) => weightOf(run));
    for (const part of ['width', 'radius'] as const) {
      assert.equal(new Set(weights.map((weight) => weight[part])).size, MOST_RUNS);
    }
  });
});
