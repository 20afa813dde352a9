import assert from 'node:assert/strict';
import { xRange } from '../../../webview/axes.ts';

describe('the x axis', () => {
  const figures = {
    'percentiles, by how many requests one is slower': [2, 4, 10, 100, 1000, 100_000],
    'workloads, one after another': [1, 2, 3],
    'one place alone': [1],
  };
  for (const [what, sizes] of Object.entries(figures)) {
    for (const kind of ['linear', 'logarithmic'] as const) {
      it(`has every place on it, ${kind}, of ${what}`, () => {
        const { min, max } = xRange({ sizes, names: sizes.map(String) }, kind);
        for (const size of sizes) assert.ok(min < size && size < max, `${min}, ${max}`);
      });
    }
  }
});
