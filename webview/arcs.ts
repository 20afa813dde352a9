import type { GraphEdge } from '../src/assess/page/protocol.ts';

/** Height of a node's row: room for its two lines of text. */
export const ROW = 40;
/** Half of it, at most, for a connection within one cgroup. */
const LOOP = 12;
const [THINNEST, THICKEST] = [1, 6];

/** Where an edge is drawn: from the row of its clients to that of its servers, as an arc to the right. */
export interface Arc {
  readonly edge: GraphEdge;
  readonly fromY: number;
  readonly toY: number;
  /** How far it reaches to the right. */
  readonly reach: number;
  readonly width: number;
}

/**
 * Arcs beside a list of nodes, in CSS pixels: names stay readable however many there are. The further apart two
 * rows are, the further the arc reaches; its width grows as the root of its traffic.
 * @param order the place of each node in the list, by its index.
 * @param room to the right of the list.
 */
export function arcsOf(edges: readonly GraphEdge[], order: readonly number[], room: number): Arc[] {
  const y = (node: number): number => ((order[node] ?? 0) + 0.5) * ROW;
  const spans = edges.map(({ from, to }) => Math.abs(y(from) - y(to)));
  const longest = Math.max(...spans, ROW);
  const most = Math.max(...edges.map(({ bytes }) => bytes), 1);
  return edges.map((edge, index) => {
    const span = spans[index] ?? 0;
    const share = Math.sqrt(edge.bytes / most);
    const isLoop = edge.from === edge.to;
    return {
      edge,
      fromY: y(edge.from) - (isLoop ? LOOP : 0),
      toY: y(edge.to) + (isLoop ? LOOP : 0),
      reach: isLoop ? 2 * LOOP : Math.max(ROW, room * (span / longest)),
      width: THINNEST + (THICKEST - THINNEST) * share,
    };
  });
}

/**
 * The order of the rows, from the top: those that talk to each other are neighbours where that is possible, so
 * that arcs are short. Begins with the busiest and adds what has most in common with those that are there.
 * @param count of nodes, the busiest first.
 * @returns the place of each node.
 */
export function rowOrder(count: number, edges: readonly GraphEdge[]): number[] {
  const place = new Array<number>(count).fill(-1);
  for (let next = 0; next < count; next++) {
    let [best, most] = [-1, -1];
    for (let node = 0; node < count; node++) {
      if (place[node] !== -1) continue;
      // Recent rows are nearest.
      const pull = edges.reduce((sum, { from, to, bytes }) => {
        const other = from === node ? to : to === node ? from : undefined;
        const at = other === undefined ? -1 : (place[other] ?? -1);
        return at === -1 ? sum : sum + (1 + Math.log1p(bytes)) / (next - at);
      }, 0);
      if (pull > most) [best, most] = [node, pull];
    }
    place[best] = next;
  }
  return place;
}
