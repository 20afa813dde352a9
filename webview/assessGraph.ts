import * as l10n from '@vscode/l10n';
import { arcsOf, ROW, rowOrder, type Arc } from './arcs.ts';
import type { Graph, GraphNode } from '../src/assess/page/protocol.ts';
import { el } from './dom.ts';
import { svg } from './svg.ts';

const DOT = 5;
/** Share of the width, for names; and the least and the most for arcs, in CSS pixels. */
const NAMES = 0.6;
const [LEAST_ROOM, MOST_ROOM] = [80, 320];
const MARGIN = 12;

/** Cgroups one below the other, and what goes between them as arcs beside them. */
export class AssessGraph {
  readonly #picture = el('div', { class: 'graph' });
  readonly #note = el('p', { class: 'detail' });
  readonly #title = el('h2', { id: 'graph-title' }, l10n.t('Between cgroups'));
  readonly element = el(
    'section',
    { id: 'graph', 'aria-labelledby': 'graph-title' },
    this.#title,
    el(
      'ul',
      { class: 'key', 'aria-label': l10n.t('Legend') },
      el('li', {}, keyOf('gains'), l10n.t('would gain')),
      el('li', {}, keyOf('stays'), l10n.t('stays as it is')),
      el('li', {}, l10n.t('Arrows lead from clients to servers; the thicker, the more bytes.')),
    ),
    this.#picture,
    this.#note,
  );
  #graph: Graph | undefined;
  #width = 0;

  constructor() {
    new ResizeObserver(() => {
      if (this.#picture.clientWidth !== this.#width) this.#redraw();
    }).observe(this.#picture);
  }

  draw(graph: Graph): void {
    this.#graph = graph;
    this.element.hidden = graph.edges.length === 0;
    this.#note.textContent = graph.note;
    this.#note.hidden = graph.note === '';
    this.#redraw();
  }

  #redraw(): void {
    this.#width = this.#picture.clientWidth;
    if (this.#graph === undefined || this.#width === 0) return;
    const { picture, names } = pictureOf(this.#graph, this.#width);
    this.#picture.replaceChildren(picture);
    for (const text of picture.querySelectorAll('text')) fit(text, names - 2 * DOT);
  }
}

function keyOf(kind: 'gains' | 'stays'): SVGElement {
  return svg(
    'svg',
    { width: 28, height: 10, 'aria-hidden': 'true' },
    svg('path', { class: `arc ${kind}`, d: 'M0 5H28', 'stroke-width': 3 }),
  );
}

function pictureOf(
  { nodes, edges, words }: Graph,
  whole: number,
): { picture: SVGElement; names: number } {
  const room = Math.min(Math.max(whole * (1 - NAMES), LEAST_ROOM), MOST_ROOM);
  const names = Math.min(whole - room, 480);
  const order = rowOrder(nodes.length, edges);
  const arcs = arcsOf(edges, order, room - MARGIN);
  const [width, height] = [names + room, nodes.length * ROW];
  const picture = svg(
    'svg',
    { role: 'img', 'aria-label': words, width, height, viewBox: `0 0 ${width} ${height}` },
    // Arcs that would gain lie on top.
    ...arcs.toSorted((a, b) => Number(a.edge.gains) - Number(b.edge.gains)).map(arcAt(names)),
    ...nodes.map((node, index) => nodeAt(node, names, (order[index] ?? 0) * ROW)),
  );
  return { picture, names };
}

const arcAt =
  (x: number) =>
  ({ edge, fromY, toY, reach, width }: Arc): SVGElement => {
    const start = x + DOT;
    // A cubic reaches three quarters as far as its handles.
    const handle = start + (reach * 4) / 3;
    const head = 4 + width;
    const kind = edge.gains ? 'gains' : 'stays';
    return svg(
      'g',
      { class: kind },
      svg('title', {}, edge.words),
      svg('path', {
        class: `arc ${kind}`,
        d: `M${start} ${fromY}C${handle} ${fromY} ${handle} ${toY} ${start + head} ${toY}`,
        'stroke-width': width,
      }),
      svg('path', {
        class: 'head',
        d: `M${start} ${toY}l${head} ${-head / 2}v${head}z`,
      }),
    );
  };

const nodeAt = (node: GraphNode, x: number, top: number): SVGElement =>
  svg(
    'g',
    { class: node.isChosen ? 'node chosen' : 'node' },
    svg('title', {}, `${node.name}\n${node.words}`),
    svg('text', { x: x - 2 * DOT, y: top + 17 }, node.name),
    svg('text', { x: x - 2 * DOT, y: top + 32, class: 'words' }, node.words),
    svg('circle', { cx: x, cy: top + ROW / 2, r: DOT }),
  );

/** Both ends of a name tell most: what does not fit is cut out of its middle. */
function fit(text: SVGTextElement, width: number): void {
  const characters = Array.from(text.textContent);
  let most = characters.length;
  for (let length = text.getComputedTextLength(); length > width && most > 3;) {
    most = Math.max(3, Math.min(most - 1, Math.floor((most * width) / length)));
    const head = Math.ceil((most - 1) / 2);
    const tail = most - 1 - head;
    text.textContent = `${characters.slice(0, head).join('')}…${characters.slice(-tail).join('')}`;
    length = text.getComputedTextLength();
  }
}
