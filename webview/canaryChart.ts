import type { ChartOptions } from 'chart.js';
import * as l10n from '@vscode/l10n';
import type { DistributionStep } from '../src/results/canary/distribution.ts';
import { number, part } from '../src/results/format.ts';
import { walkByKeys, type Place } from './chartWalk.ts';
import { Chart, refill, type LineChart, type LineDataset } from './lineChart.ts';
import type { Theme } from './theme.ts';
import { chartFont, chartLook, tooltipLook } from './chartLook.ts';

/** A time with three digits, in the unit that suits it. */
function timeText(nanoseconds: number): string {
  const [size, unit] =
    nanoseconds >= 1e9 ? [1e9, 's'] : nanoseconds >= 1e6 ? [1e6, 'ms'] : [1e3, 'µs'];
  return `${number(Number((nanoseconds / size).toPrecision(3)))} ${unit}`;
}

/** The distributions of the two groups' times, one over the other. */
export class CanaryChart {
  readonly #canvas: HTMLCanvasElement;
  #chart: LineChart | undefined;
  #steps: readonly DistributionStep[] = [];

  /** @param onPlace gets in words what the keyboard has come to. */
  constructor(canvas: HTMLCanvasElement, onPlace: (words: string) => void) {
    this.#canvas = canvas;
    walkByKeys(canvas, {
      chart: () => this.#chart,
      places: () => this.#steps.length,
      onPlace: (place) => {
        const step = this.#steps[place ?? -1];
        onPlace(step ? stepText(step) : '');
      },
    });
  }

  draw(steps: readonly DistributionStep[], theme: Theme): void {
    this.#steps = steps;
    const datasets = [
      { ...line(steps, 'bypass', theme), label: l10n.t('Bypass'), pointStyle: 'rect' as const },
      { ...line(steps, 'tcp', theme), label: 'TCP', borderDash: [7, 4] },
    ];
    if (!this.#chart) {
      const options = optionsOf(theme);
      this.#chart = new Chart<'line', Place[]>(this.#canvas, {
        type: 'line',
        data: { datasets },
        options,
      });
      return;
    }
    refill(this.#chart, datasets, optionsOf(theme));
    this.#chart.update();
  }
}

function stepText({ nanoseconds, bypass, tcp }: DistributionStep): string {
  const labels = [l10n.t('Bypass'), 'TCP'] as const;
  return `${timeText(nanoseconds)}: ${labels[0]} ${part(bypass)}; ${labels[1]} ${part(tcp)}`;
}

const line = (
  steps: readonly DistributionStep[],
  group: 'bypass' | 'tcp',
  theme: Theme,
): LineDataset => ({
  data: steps.map((step) => ({ x: step.nanoseconds, y: step[group] })),
  borderColor: theme.arms[group],
  backgroundColor: theme.arms[group],
  borderWidth: 2,
  pointRadius: 0,
  pointHoverRadius: 5,
});

function optionsOf(theme: Theme): ChartOptions<'line'> {
  const font = chartFont(theme);
  const ticks = { color: theme.foreground, font };
  const title = (text: string) => ({ display: true, color: theme.foreground, font, text });
  return {
    ...chartLook(theme),
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        type: 'logarithmic',
        title: title(l10n.t('Answer time')),
        border: { color: theme.muted },
        grid: { color: theme.grid },
        ticks: {
          ...ticks,
          maxRotation: 0,
          autoSkipPadding: 16,
          callback: (x) => (isRound(Number(x)) ? timeText(Number(x)) : ''),
        },
      },
      y: {
        type: 'linear',
        min: 0,
        title: title(l10n.t('Share of answers')),
        border: { color: theme.muted },
        grid: { color: theme.grid },
        ticks: { ...ticks, maxTicksLimit: 6, callback: (y) => part(Number(y)) },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        ...tooltipLook(theme),
        callbacks: {
          title: ([item]) => (item ? timeText(item.parsed.x ?? 0) : ''),
          label: ({ dataset, parsed }) => `${dataset.label ?? ''}: ${part(parsed.y ?? 0)}`,
        },
      },
    },
  };
}

/** 1, 2 or 5 times a power of ten. */
const isRound = (value: number): boolean =>
  [1, 2, 5].includes(Number((value / 10 ** Math.floor(Math.log10(value))).toPrecision(3)));
