import assert from 'node:assert/strict';
import { arcsOf, ROW, rowOrder } from '../../../webview/arcs.ts';

describe('the picture of an assessment', () => {
  const edge = (from: number, to: number, bytes: number) => ({
    from,
    to,
    bytes,
    words: '',
    gains: false,
  });

  it('gives each cgroup a row, and puts those that talk to each other side by side', () => {
    const edges = [edge(0, 3, 900), edge(1, 2, 800), edge(4, 4, 10)];
    const order = rowOrder(5, edges);
    assert.deepEqual(order.toSorted(), [0, 1, 2, 3, 4]);
    const apart = (a: number, b: number) => Math.abs((order[a] ?? NaN) - (order[b] ?? NaN));
    assert.deepEqual([order[0], apart(0, 3), apart(1, 2)], [0, 1, 1]);
  });

  it('keeps arcs within their room, thicker where there is more traffic', () => {
    const edges = Array.from({ length: 39 }, (_, index) => edge(index + 1, 0, 10 ** (index % 9)));
    const arcs = arcsOf([...edges, edge(5, 5, 0)], rowOrder(40, edges), 300);
    for (const { reach, width, fromY, toY } of arcs) {
      assert.ok(reach > 0 && reach <= 300 && width >= 1 && width <= 6);
      for (const y of [fromY, toY]) assert.ok(y > 0 && y < 40 * ROW);
      assert.notEqual(fromY, toY);
    }
    assert.ok((arcs[8]?.width ?? 0) > (arcs[0]?.width ?? 0));
  });
});
