import type { Arm } from '../src/bench/document.ts';
import { FigureChart } from './chart.ts';
import { el } from './dom.ts';
import type { Figure } from './figure.ts';
import { findingOf } from './finding.ts';
import type { Theme } from './theme.ts';

/** One figure on the page: title, what it shows in words, controls of its own, and the chart. */
export class FigureSection {
  readonly #title: HTMLElement;
  readonly #finding: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #chart: FigureChart;
  readonly element: HTMLElement;

  constructor(id: string, controls?: HTMLElement) {
    this.#title = el('h2', { id: `${id}-title` });
    this.#finding = el('p', { class: 'finding', id: `${id}-finding` });
    this.#canvas = el('canvas', {
      id: `${id}-chart`,
      role: 'img',
      tabindex: 0,
      'aria-labelledby': `${id}-title`,
      'aria-describedby': `${id}-finding`,
    });
    this.element = el(
      'section',
      { id, 'aria-labelledby': `${id}-title` },
      el('div', { class: 'bar' }, this.#title, controls),
      this.#finding,
      el('div', { class: 'chart' }, this.#canvas),
    );
    this.#chart = new FigureChart(this.#canvas);
  }

  draw(figure: Figure, theme: Theme, hidden: ReadonlySet<Arm>): void {
    this.#title.textContent = figure.title;
    this.#finding.textContent = findingOf(figure);
    this.#chart.draw(figure, theme, hidden);
  }

  drawn(): unknown {
    return this.#chart.drawn();
  }
}
