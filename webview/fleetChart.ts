import type { ChartOptions, Plugin } from 'chart.js';
import * as l10n from '@vscode/l10n';
import { ARM_LABELS } from '../src/results/arms.ts';
import type { FleetPlace } from '../src/results/fleet/fleet.ts';
import { mark } from '../src/results/format.ts';
import type { Interval } from '../src/results/statistics.ts';
import { fleetVerdict, ratioText } from '../src/results/words/fleetLines.ts';
import { roundTicks } from './axes.ts';
import { walkByKeys, type Place } from './chartWalk.ts';
import { SHAPES } from './seriesStyle.ts';
import { Chart, refill, type LineChart, type LineDataset } from './lineChart.ts';
import type { Theme } from './theme.ts';
import { chartFont, chartLook, tooltipLook } from './chartLook.ts';

type View = { readonly place: FleetPlace; readonly theme: Theme };

/** Pixels of a row, and of the axis with its title. */
const [ROW, AXIS] = [26, 64];
/** No screen is higher, and canvases end somewhere. */
const HIGHEST = 8000;
/** Characters of a host's name in a wide window, and in a narrow one. */
const [LONG, SHORT] = [28, 14];
const NARROW = 640;
/** Widest axis for intervals: one of two rounds may reach to the moon, and the picture is of the ratios. */
const MOST = 10;

/** A forest plot: the ratio of each host with its interval, and of all hosts below. */
export class FleetChart {
  readonly #canvas: HTMLCanvasElement;
  #chart: LineChart | undefined;
  #view: View | undefined;

  /** @param onPlace gets in words what the keyboard has come to. */
  constructor(canvas: HTMLCanvasElement, onPlace: (words: string) => void) {
    this.#canvas = canvas;
    walkByKeys(canvas, {
      chart: () => this.#chart,
      places: () => (this.#view ? rowsOf(this.#view.place).length : 0),
      onPlace: (place) => {
        const row = this.#view && rowsOf(this.#view.place)[place ?? -1];
        onPlace(row === undefined ? '' : `${row.name}: ${row.words}`);
      },
      isUpright: true,
    });
  }

  /** In pixels: each host has room. */
  heightOf(place: FleetPlace): number {
    return Math.min(HIGHEST, AXIS + ROW * rowsOf(place).length);
  }

  draw(place: FleetPlace, theme: Theme): void {
    this.#view = { place, theme };
    const current = () => this.#view ?? { place, theme };
    const datasets = datasetsOf(current());
    if (!this.#chart) {
      this.#chart = new Chart<'line', Place[]>(this.#canvas, {
        type: 'line',
        data: { datasets },
        options: optionsOf(current),
        plugins: [intervals(current)],
      });
      return;
    }
    refill(this.#chart, datasets, optionsOf(current));
    this.#chart.resize();
    this.#chart.update();
  }
}

interface Row {
  readonly name: string;
  readonly words: string;
  readonly ratio: number | undefined;
  readonly interval: Interval | undefined;
  readonly prediction?: Interval | undefined;
  readonly isFleet: boolean;
}

function rowsOf({ hosts, summary }: FleetPlace): Row[] {
  const rows = hosts.map(({ host, ratio, against, verdict }): Row => ({
    name: host,
    words: [
      ...(ratio ? [l10n.t('{0} times {1}', ratioText(ratio), ARM_LABELS[against])] : []),
      fleetVerdict(verdict),
    ].join(', '),
    ratio: ratio?.ratio,
    interval: ratio?.interval,
    isFleet: false,
  }));
  if (summary === undefined) return rows;
  const { ratio, interval, prediction, verdict } = summary;
  const words = `${l10n.t('{0} times TCP', ratioText(summary))}, ${fleetVerdict(verdict)}`;
  return [...rows, { name: l10n.t('Fleet'), words, ratio, interval, prediction, isFleet: true }];
}

/** Hosts, and the fleet: each has a value in its own rows only. */
function datasetsOf({ place, theme }: View): LineDataset[] {
  const rows = rowsOf(place);
  const colour = theme.arms[place.arm];
  const points = (isFleet: boolean): Place[] =>
    rows.map((row, y) =>
      row.isFleet === isFleet && row.ratio !== undefined
        ? { x: row.ratio, y }
        : { x: NaN, y: null },
    );
  const look = (isFleet: boolean): LineDataset => ({
    data: points(isFleet),
    showLine: false,
    clip: false,
    borderColor: isFleet ? theme.foreground : colour,
    backgroundColor: isFleet ? theme.foreground : colour,
    pointStyle: isFleet ? 'rectRot' : SHAPES[place.arm].pointStyle,
    pointRotation: isFleet ? 0 : SHAPES[place.arm].rotation,
    pointRadius: isFleet ? 8 : 5,
    pointHoverRadius: isFleet ? 9 : 7,
  });
  return [
    { ...look(false), label: l10n.t('Hosts') },
    { ...look(true), label: l10n.t('Fleet') },
  ];
}

function rangeOf(place: FleetPlace): { min: number; max: number } {
  const rows = rowsOf(place).filter(({ ratio }) => ratio !== undefined);
  const inSight = (value: number): number => Math.min(MOST, Math.max(1 / MOST, value));
  const within = rows.flatMap(({ ratio = 1, interval, prediction }) => [
    ratio,
    ...[interval, prediction].flatMap((one) =>
      one ? [Math.max(one.low, ratio / 2), Math.min(one.high, ratio * 2)].map(inSight) : [],
    ),
  ]);
  return { min: Math.min(0.9, ...within) / 1.08, max: Math.max(1.1, ...within) * 1.08 };
}

function optionsOf(current: () => View): ChartOptions<'line'> {
  const { place, theme } = current();
  const rows = rowsOf(place);
  const range = rangeOf(place);
  const font = chartFont(theme);
  const nameOf = (at: number, width: number): string => {
    const name = rows[at]?.name ?? '';
    const most = width < NARROW ? SHORT : LONG;
    return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
  };
  return {
    ...chartLook(theme),
    interaction: { mode: 'nearest', axis: 'y', intersect: false },
    layout: { padding: { right: 12 } },
    scales: {
      x: {
        type: 'logarithmic',
        ...range,
        title: {
          display: true,
          color: theme.foreground,
          font,
          text: l10n.t('Times as fast as the better TCP (above 1 is faster)'),
        },
        border: { color: theme.muted },
        grid: { color: theme.grid },
        afterBuildTicks: (axis) => {
          axis.ticks = roundTicks(range, 'logarithmic', true).map((value) => ({ value }));
        },
        ticks: {
          color: theme.foreground,
          font,
          maxRotation: 0,
          autoSkipPadding: 12,
          callback: (x) => mark(Number(x)),
        },
      },
      y: {
        type: 'linear',
        reverse: true,
        min: -0.5,
        max: rows.length - 0.5,
        border: { color: theme.muted },
        grid: { display: false },
        afterBuildTicks: (axis) => {
          axis.ticks = rows.map((_, value) => ({ value }));
        },
        ticks: {
          color: theme.foreground,
          autoSkip: true,
          autoSkipPadding: 2,
          // Asked without a tick, too, which has no index.
          font: ({ index }) => ({ ...font, weight: rows[index]?.isFleet ? 'bold' : 'normal' }),
          callback(at) {
            return nameOf(Number(at), this.chart.width);
          },
        },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        ...tooltipLook(theme),
        callbacks: {
          title: ([item]) => rows[item?.dataIndex ?? -1]?.name ?? '',
          label: ({ dataIndex }) => rows[dataIndex]?.words ?? '',
        },
      },
    },
  };
}

/** The line of no difference, the intervals, and of the fleet the prediction behind its own. */
const intervals = (current: () => View): Plugin<'line'> => ({
  id: 'intervals',
  beforeDatasetsDraw(chart) {
    const { place, theme } = current();
    const { ctx, chartArea: area, scales } = chart;
    const { x, y } = scales;
    if (!x || !y) return;
    const across = (value: number) =>
      Math.min(area.right, Math.max(area.left, x.getPixelForValue(value)));
    const line = (from: readonly [number, number], to: readonly [number, number]): void => {
      ctx.beginPath();
      ctx.moveTo(...from);
      ctx.lineTo(...to);
      ctx.stroke();
    };
    /** @param way 1: to the right, -1: to the left. */
    const arrow = ([tip, middle]: readonly [number, number], way: 1 | -1): void => {
      ctx.fillStyle = ctx.strokeStyle;
      ctx.beginPath();
      ctx.moveTo(tip, middle);
      ctx.lineTo(tip - 8 * way, middle - 6);
      ctx.lineTo(tip - 8 * way, middle + 6);
      ctx.fill();
    };
    ctx.save();
    ctx.strokeStyle = theme.foreground;
    ctx.lineWidth = 1.5;
    line([x.getPixelForValue(1), area.top], [x.getPixelForValue(1), area.bottom]);
    for (const [at, { interval, prediction, ratio, isFleet }] of rowsOf(place).entries()) {
      const middle = y.getPixelForValue(at);
      ctx.strokeStyle = isFleet ? theme.foreground : theme.arms[place.arm];
      if (isFleet && ratio !== undefined) {
        ctx.lineWidth = 1;
        ctx.setLineDash([4, 4]);
        line([across(ratio), area.top], [across(ratio), area.bottom]);
        if (prediction) line([across(prediction.low), middle], [across(prediction.high), middle]);
        ctx.setLineDash([]);
      }
      if (!interval) continue;
      ctx.lineWidth = isFleet ? 4 : 2;
      const [low, high] = [across(interval.low), across(interval.high)];
      line([low, middle], [high, middle]);
      for (const [end, value] of [
        [low, interval.low],
        [high, interval.high],
      ] as const) {
        // Where it goes on beyond the picture, an arrow says so.
        if (value < x.min) arrow([end, middle], -1);
        else if (value > x.max) arrow([end, middle], 1);
        else line([end, middle - 5], [end, middle + 5]);
      }
    }
    ctx.restore();
  },
});
