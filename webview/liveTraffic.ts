import * as l10n from '@vscode/l10n';
import type { ShownBypass } from '../src/bypass/live/protocol.ts';
import { Chooser } from './chooser.ts';
import { el } from './dom.ts';
import { bypassOf, LiveChart, rateText, seriesLabels, tcpOf, type Quantity } from './liveChart.ts';
import { drawSwatch, lookOf } from './seriesStyle.ts';
import type { Theme } from './theme.ts';

/** The chart, its legend with what goes by now, and the choice of what it counts. */
export class LiveTraffic {
  readonly #quantity: Chooser<Quantity>;
  readonly #bypass = legendItem('now-bypass');
  readonly #tcp = legendItem('now-tcp');
  readonly #chart: LiveChart;
  // The reading that the arrow keys have come to, for screen readers.
  readonly #spoken = el('output', { class: 'hidden', id: 'place' });
  readonly #notYet = el('p', {
    class: 'message info',
    id: 'not-yet',
    role: 'status',
    hidden: true,
  });
  readonly #note = el('p', { class: 'note', id: 'tcp-note' });
  readonly element: HTMLElement;

  constructor(onQuantity: (quantity: Quantity) => void) {
    this.#quantity = new Chooser(
      'quantity',
      l10n.t('Show'),
      [
        { value: 'bytes', label: l10n.t('bytes') },
        { value: 'messages', label: l10n.t('messages') },
      ],
      onQuantity,
    );
    const canvas = el('canvas', {
      id: 'chart',
      role: 'img',
      tabindex: 0,
      'aria-labelledby': 'traffic-title',
      'aria-describedby': 'chart-help',
    });
    this.#chart = new LiveChart(canvas, (words) => {
      this.#spoken.textContent = words;
    });
    this.element = el(
      'section',
      { 'aria-labelledby': 'traffic-title' },
      el(
        'div',
        { class: 'bar' },
        el('h2', { id: 'traffic-title' }, l10n.t('Sent over the last minutes')),
        this.#quantity.element,
      ),
      this.#notYet,
      el('ul', { class: 'key now' }, this.#bypass.element, this.#tcp.element),
      el('div', { class: 'chart live' }, canvas),
      el(
        'p',
        { class: 'hidden', id: 'chart-help' },
        l10n.t('Arrow keys go from reading to reading.'),
      ),
      this.#spoken,
      this.#note,
    );
  }

  draw({ points, tcpNote, notYet }: ShownBypass, quantity: Quantity, theme: Theme): void {
    this.#quantity.draw(quantity);
    const last = points.at(-1);
    const labels = seriesLabels(quantity);
    const text = (value: number | null | undefined) =>
      value === null || value === undefined ? '–' : rateText(value, quantity);
    this.#bypass.draw(labels.bypass, text(last && bypassOf(last, quantity)));
    this.#tcp.draw(labels.tcp, text(last && tcpOf(last, quantity)));
    const page = theme.background;
    drawSwatch(this.#bypass.swatch, page, {
      arm: 'bypass',
      colour: theme.arms.bypass,
      plain: true,
      look: lookOf({ variant: 0, run: 0 }, 2),
    });
    drawSwatch(this.#tcp.swatch, page, {
      arm: 'tcp',
      colour: theme.arms.tcp,
      plain: true,
      look: lookOf({ variant: 1, run: 0 }, 2),
    });
    if (this.#notYet.textContent !== (notYet ?? '')) this.#notYet.textContent = notYet ?? '';
    this.#notYet.hidden = notYet === undefined;
    this.#note.textContent = tcpNote ?? '';
    this.#note.hidden = tcpNote === undefined;
    this.#chart.draw({ points, quantity, theme });
  }
}

function legendItem(id: string) {
  const swatch = el('canvas', { 'aria-hidden': 'true' });
  const name = el('span');
  const value = el('strong', { id });
  return {
    swatch,
    element: el('li', {}, swatch, name, value),
    draw(label: string, now: string): void {
      name.textContent = label;
      value.textContent = now;
    },
  };
}
