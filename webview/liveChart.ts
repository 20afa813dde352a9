import type { ChartOptions } from 'chart.js';
import * as l10n from '@vscode/l10n';
import { amount, number } from '../src/results/format.ts';
import type { RatePoint } from '../src/bypass/live/protocol.ts';
import { walkByKeys, type Place } from './chartWalk.ts';
import { Chart, refill, type LineChart, type LineDataset } from './lineChart.ts';
import type { Theme } from './theme.ts';
import { chartFont, chartLook, tooltipLook } from './chartLook.ts';

export type Quantity = 'bytes' | 'messages';

/** Seconds on the axis at most, and at least. */
const [WIDEST, NARROWEST] = [300, 60];

/** A rate in words: `1.2 MiB/s`, `1,234/s`. */
export const rateText = (value: number, quantity: Quantity): string =>
  quantity === 'bytes' ? `${amount(value)}/s` : `${number(Number(value.toPrecision(3)))}/s`;

export const seriesLabels = (quantity: Quantity): { bypass: string; tcp: string } => ({
  bypass: l10n.t('Bypass'),
  tcp: quantity === 'bytes' ? 'TCP' : l10n.t('TCP (segments)'),
});

export const bypassOf = (point: RatePoint, quantity: Quantity): number | null =>
  quantity === 'bytes' ? point.bypassBytes : point.bypassMessages;
export const tcpOf = (point: RatePoint, quantity: Quantity): number | null =>
  quantity === 'bytes' ? point.tcpBytes : point.tcpSegments;

export type LiveChartView = {
  readonly points: readonly RatePoint[];
  readonly quantity: Quantity;
  readonly theme: Theme;
};

/** Traffic on the bypass and over TCP, over the last minutes. */
export class LiveChart {
  readonly canvas: HTMLCanvasElement;
  #chart: LineChart | undefined;
  #view: LiveChartView | undefined;

  /** @param onPlace gets in words what the keyboard has come to. */
  constructor(canvas: HTMLCanvasElement, onPlace: (words: string) => void) {
    this.canvas = canvas;
    walkByKeys(canvas, {
      chart: () => this.#chart,
      places: () => this.#view?.points.length ?? 0,
      onPlace: (place) => {
        const point = this.#view?.points[place ?? -1];
        onPlace(this.#view && point ? pointText(point, this.#view) : '');
      },
    });
  }

  draw(view: LiveChartView): void {
    this.#view = view;
    if (!this.#chart) {
      this.#chart = new Chart<'line', Place[]>(this.canvas, {
        type: 'line',
        data: { datasets: datasetsOf(view) },
        options: optionsOf(view),
      });
      return;
    }
    refill(this.#chart, datasetsOf(view), optionsOf(view));
    this.#chart.update();
  }
}

function pointText(point: RatePoint, { points, quantity }: LiveChartView): string {
  const { bypass, tcp } = seriesLabels(quantity);
  const text = (label: string, value: number | null) =>
    `${label}: ${value === null ? l10n.t('not known') : rateText(value, quantity)}`;
  const ago = agoText(point.at - (points.at(-1)?.at ?? point.at));
  return [ago, text(bypass, bypassOf(point, quantity)), text(tcp, tcpOf(point, quantity))].join(
    '; ',
  );
}

/** @param x seconds, 0 or less. */
function agoText(x: number): string {
  const seconds = Math.round(-x);
  if (seconds === 0) return l10n.t('now');
  return seconds < 120 || seconds % 60 !== 0
    ? l10n.t('{0} s ago', seconds)
    : l10n.t('{0} min ago', seconds / 60);
}

function datasetsOf({ points, quantity, theme }: LiveChartView): LineDataset[] {
  const end = points.at(-1)?.at ?? 0;
  const labels = seriesLabels(quantity);
  const line = (label: string, colour: string, valueOf: (point: RatePoint) => number | null) => {
    const values = points.map(valueOf);
    const has = (index: number) => (values[index] ?? null) !== null;
    return {
      label,
      data: points.map((point, index) => ({ x: point.at - end, y: values[index] ?? null })),
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: 2,
      // A reading alone has no line on either side.
      pointRadius: values.map((_, index) =>
        has(index) && !has(index - 1) && !has(index + 1) ? 3 : 0,
      ),
      pointHoverRadius: 5,
      spanGaps: false,
    };
  };
  return [
    {
      ...line(labels.bypass, theme.arms.bypass, (point) => bypassOf(point, quantity)),
      pointStyle: 'rect',
    },
    {
      ...line(labels.tcp, theme.arms.tcp, (point) => tcpOf(point, quantity)),
      pointStyle: 'circle',
      borderDash: [7, 4],
    },
  ];
}

/** The end of the axis, a quarter of which is a round number in the unit of the quantity. */
function roundTop(points: readonly RatePoint[], quantity: Quantity): number {
  const values = points.flatMap((point) => [bypassOf(point, quantity), tcpOf(point, quantity)]);
  const most = Math.max(quantity === 'bytes' ? 1024 : 8, ...values.map((value) => value ?? 0));
  const unit = quantity === 'bytes' ? 1024 : 1000;
  const scale = unit ** Math.floor(Math.log(most) / Math.log(unit));
  const steps = [0.25, 0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 256];
  const step = steps.find((each) => 4 * each * scale >= most) ?? most / 4 / scale;
  return 4 * step * scale;
}

function optionsOf({ points, quantity, theme }: LiveChartView): ChartOptions<'line'> {
  const font = chartFont(theme);
  const ticks = { color: theme.foreground, font };
  const begin = (points[0]?.at ?? 0) - (points.at(-1)?.at ?? 0);
  const top = roundTop(points, quantity);
  const step = begin < -120 ? 60 : begin < -60 ? 30 : 10;
  return {
    ...chartLook(theme),
    normalized: true,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        type: 'linear',
        min: Math.max(-WIDEST, Math.min(-NARROWEST, Math.floor(begin / step) * step)),
        max: 0,
        border: { color: theme.muted },
        grid: { color: theme.grid },
        ticks: { ...ticks, stepSize: step, maxRotation: 0, callback: (x) => agoText(Number(x)) },
      },
      y: {
        type: 'linear',
        min: 0,
        max: top,
        title: {
          display: true,
          color: theme.foreground,
          font,
          text: quantity === 'bytes' ? l10n.t('Bytes a second') : l10n.t('Messages a second'),
        },
        border: { color: theme.muted },
        grid: { color: theme.grid },
        ticks: { ...ticks, stepSize: top / 4, callback: (y) => rateText(Number(y), quantity) },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        ...tooltipLook(theme),
        callbacks: {
          title: ([item]) => (item ? agoText(item.parsed.x ?? 0) : ''),
          label: ({ dataset, parsed }) =>
            `${dataset.label ?? ''}: ${rateText(parsed.y ?? 0, quantity)}`,
        },
      },
    },
  };
}
