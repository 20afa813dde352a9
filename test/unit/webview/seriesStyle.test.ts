import assert from 'node:assert/strict';
import { MOST_RUNS } from '../../../src/results/protocol.ts';
import { dashOf, isHollow, lookOf, MOST_VARIANTS, weightOf } from '../../../webview/seriesStyle.ts';

describe('the look of a line', () => {
  it('differs for each kind of line of each run that can be shown together', () => {
    const looks = Array.from({ length: MOST_RUNS }, (_, run) =>
      Array.from({ length: MOST_VARIANTS }, (_, variant) =>
        JSON.stringify([dashOf(variant), isHollow(variant), weightOf(run)]),
      ),
    ).flat();
    assert.equal(new Set(looks).size, MOST_RUNS * MOST_VARIANTS);
  });

  it('tells runs apart by dashes and markers, where dashes tell nothing else', () => {
    const looks = Array.from({ length: MOST_RUNS }, (_, run) => lookOf({ variant: 0, run }, 1));
    assert.equal(new Set(looks.map(({ dash }) => dash.join(' '))).size, MOST_RUNS);
    assert.deepEqual(looks.map(({ hollow }) => hollow).slice(0, 2), [false, true]);
    const kinds = [0, 1].map((run) => lookOf({ variant: 2, run }, 3).dash);
    assert.deepEqual(kinds[0], kinds[1]);
  });

  it('distinguishes runs by both its width and its markers', () => {
    const weights = Array.from({ length: MOST_RUNS }, (_, run) => weightOf(run));
    for (const part of ['width', 'radius'] as const) {
      assert.equal(new Set(weights.map((weight) => weight[part])).size, MOST_RUNS);
    }
  });
});
