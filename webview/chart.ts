import type { ChartConfiguration, ChartOptions, ScriptableLineSegmentContext } from 'chart.js';
import type { Arm } from '../src/results/document.ts';
import { placeText, showsRatios, type Figure, type Series } from '../src/results/figure.ts';
import { isDecided } from '../src/results/verdicts.ts';
import { baselineText, pointText } from '../src/results/words/pointTexts.ts';
import { mark } from '../src/results/format.ts';
import { bytes } from '../src/results/sizes.ts';
import { linesOf, roundTicks, sizeTicks, xRange, yRange, type Axes } from './axes.ts';
import { Chart, type LineChart, type LineDataset } from './lineChart.ts';
import { runLetters } from './runLetters.ts';
import { DOUBTFUL, lookOf, SHAPES, variantsOf, type Shape } from './seriesStyle.ts';
import { halves, pointMarks, sideBySide } from './whiskers.ts';
import { walkByKeys, type Place } from './chartWalk.ts';
import type { Theme } from './theme.ts';
import { chartFont, chartLook, tooltipLook } from './chartLook.ts';

/** A figure and how the reader wants it. */
export type View = {
  readonly figure: Figure;
  readonly axes: Axes;
  readonly hidden: ReadonlySet<Arm>;
  /** Every value as a dot. */
  readonly raw: boolean;
  readonly theme: Theme;
};

type Config = ChartConfiguration<'line', Place[]>;

/** The configuration for chart.js; also for a picture that is saved. */
export function configOf(view: () => View): Config {
  return {
    type: 'line',
    data: { datasets: datasetsOf(view()) },
    options: optionsOf(view()),
    plugins: [
      sideBySide,
      pointMarks(view),
      runLetters(() => view().theme.fontFamily),
      halves(() => {
        const { theme, figure } = view();
        return { theme, baseline: showsRatios(figure) ? baselineText(figure) : undefined };
      }),
    ],
  };
}

/** A chart that is drawn anew in place: the same canvas and chart.js instance for its whole life. */
export class FigureChart {
  readonly #goTo: (place: number | undefined) => void;
  #chart: LineChart | undefined;
  #view: View | undefined;
  readonly canvas: HTMLCanvasElement;

  /** @param onPlace gets in words what the keyboard has come to. */
  constructor(canvas: HTMLCanvasElement, onPlace: (words: string) => void) {
    this.canvas = canvas;
    this.#goTo = walkByKeys(canvas, {
      chart: () => this.#chart,
      places: () => this.#view?.figure.sizes.length ?? 0,
      onPlace: (place, datasets) => {
        onPlace(this.#wordsAt(place, datasets));
      },
    });
  }

  draw(view: View): void {
    const other = this.#view?.figure.id !== view.figure.id;
    this.#view = view;
    const current = () => this.#view ?? view;
    if (!this.#chart) {
      this.#chart = new Chart<'line', Place[]>(this.canvas, configOf(current));
      return;
    }
    if (other) this.#goTo(undefined);
    const { data } = this.#chart;
    // chart.js knows its datasets by identity: those of series that stay are filled anew.
    const known = new Map(data.datasets.map((dataset) => [dataset.series?.key, dataset]));
    data.datasets = datasetsOf(view).map((dataset) =>
      Object.assign(known.get(dataset.series?.key) ?? {}, dataset),
    );
    this.#chart.options = optionsOf(view);
    this.#chart.update();
  }

  /** The content of the canvas, read from the chart itself. */
  drawn(): unknown {
    const chart = this.#chart;
    if (!chart || !this.#view) return {};
    const { x, y } = chart.options.scales ?? {};
    return {
      figure: this.#view.figure.id,
      xTitle: x?.title?.text,
      yTitle: y?.title?.text,
      xScale: x?.type,
      yScale: y?.type,
      unit: this.#view.figure.unit,
      raw: this.#view.raw,
      sizes: this.#view.figure.sizes,
      series: chart.data.datasets.map(({ series, label, data }, index) => ({
        label,
        arm: series?.arm,
        run: series?.run,
        requestBytes: series?.requestBytes,
        metric: series?.metric,
        breaks: series?.breaks,
        visible: chart.isDatasetVisible(index),
        values: data.map((point) => point.y),
        low: series?.points.map((point) => point?.low ?? null),
        high: series?.points.map((point) => point?.high ?? null),
        samples: series?.points.map((point) => point?.count ?? 0),
      })),
    };
  }

  #wordsAt(place: number | undefined, datasets: readonly number[]): string {
    const figure = this.#view?.figure;
    if (!figure || place === undefined || !(place in figure.sizes)) return '';
    const words = datasets.map((index) =>
      lineOf(figure, this.#chart?.data.datasets[index]?.series, place),
    );
    return `${figure.xTitle} ${placeText(figure, place)}: ${words.join('; ')}`;
  }
}

const lineOf = (figure: Figure, series: Series | undefined, place: number): string => {
  const point = series?.points[place];
  return series && point ? `${series.label}: ${pointText(figure, series, point)}` : '';
};

function datasetsOf({ figure, theme, hidden }: View): LineDataset[] {
  const variants = variantsOf(figure);
  return figure.series.map((series): LineDataset => {
    const colour = theme.arms[series.arm];
    const { dash, width, radius } = lookOf(series, variants);
    const fills = series.points.map((point) =>
      isOpen(figure, series, point) ? theme.background : colour,
    );
    return {
      series,
      label: series.label,
      data: series.points.map((point, place) => ({
        x: figure.sizes[place] ?? NaN,
        y: point?.median ?? null,
      })),
      hidden: hidden.has(series.arm),
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: width,
      borderDash: [...dash],
      pointStyle: series.points.map((point) => markerOf(series, point).pointStyle),
      pointRotation: series.points.map((point) => markerOf(series, point).rotation),
      // A cross is thinner than what it may lie on.
      pointRadius: series.points.map((point) => (point?.doubt ? radius + 1 : radius)),
      // At zero a marker is whole, too.
      clip: 8,
      pointHoverRadius: radius + 2,
      pointBorderWidth: 2,
      pointBackgroundColor: fills,
      pointHoverBackgroundColor: fills,
      spanGaps: true,
      // Between workloads there is nothing.
      showLine: figure.id !== 'workloads',
      segment: { borderColor: segmentColour(figure, series) },
    };
  });
}

const markerOf = ({ arm }: Series, point: Series['points'][number]): Shape =>
  point?.doubt ? DOUBTFUL : SHAPES[arm];

/** A line says that its sizes were measured: none goes through one that says nothing of the arm. */
const segmentColour =
  ({ sizes }: Figure, { breaks }: Series) =>
  ({ p0DataIndex: from, p1DataIndex: to }: ScriptableLineSegmentContext): string | undefined =>
    sizes.slice(from, to + 1).some((size) => breaks.includes(size))
      ? 'rgba(0, 0, 0, 0)'
      : undefined;

/** In the overview a full marker is a clear difference; elsewhere it is a kind of line. */
function isOpen(figure: Figure, series: Series, point: Series['points'][number]): boolean {
  if (!showsRatios(figure)) return lookOf(series, variantsOf(figure)).hollow;
  return point?.ratio !== undefined && !isDecided(point);
}

/** Names, which may be long, in lines. */
const tickText = ({ names, sizes }: Figure, value: number): string | string[] =>
  names === undefined ? bytes(value) : linesOf(names[sizes.indexOf(value)] ?? '');

function optionsOf({ figure, axes, hidden, raw, theme }: View): ChartOptions<'line'> {
  const font = chartFont(theme);
  const shown = figure.series.filter(({ arm }) => !hidden.has(arm));
  const range = { x: xRange(figure, axes.x), y: yRange(figure, shown, axes.y, raw) };
  const axis = (text: string) => ({
    title: { display: true, text, color: theme.foreground, font },
    border: { color: theme.muted },
  });
  const ticks = { color: theme.foreground, font };
  const isRatio = showsRatios(figure);
  const variants = variantsOf(figure);
  const isOverlay = figure.series.some(({ run }) => run > 0);
  return {
    layout: { padding: { right: isOverlay ? 20 : 0 } },
    ...chartLook(theme),
    normalized: true,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        ...axis(figure.xTitle),
        type: axes.x,
        ...range.x,
        grid: { color: theme.grid },
        ticks: {
          ...ticks,
          autoSkip: false,
          maxRotation: 0,
          callback: (value) => tickText(figure, Number(value)),
        },
        afterBuildTicks: (scale) => {
          const room = 64 / Math.max(scale.chart.width - 80, 64);
          const marks =
            axes.x === 'linear' && figure.id === 'workloads'
              ? figure.sizes
              : sizeTicks(figure.sizes, range.x, axes.x, room);
          scale.ticks = marks.map((value) => ({ value }));
        },
      },
      y: {
        ...axis(figure.yTitle),
        type: axes.y,
        // A linear axis ends at a round number.
        min: range.y.min,
        ...(axes.y === 'linear' ? { suggestedMax: range.y.max } : { max: range.y.max }),
        grid: { color: theme.grid },
        ticks: { ...ticks, callback: (value) => mark(Number(value)) },
        ...((isRatio || axes.y === 'logarithmic') && {
          afterBuildTicks: (scale) => {
            scale.ticks = roundTicks(range.y, axes.y, isRatio).map((value) => ({ value }));
          },
        }),
      },
    },
    plugins: {
      // The page has one that the keyboard reaches; a saved picture brings its own.
      legend: { display: false },
      tooltip: {
        ...tooltipLook(theme),
        boxPadding: 5,
        multiKeyBackground: 'transparent',
        filter: ({ dataset, dataIndex }) => dataset.series?.points[dataIndex] !== undefined,
        callbacks: {
          title: ([item]) => (item ? `${figure.xTitle} ${placeText(figure, item.dataIndex)}` : ''),
          label: ({ dataset, dataIndex }) => lineOf(figure, dataset.series, dataIndex),
          labelColor: ({ dataset }) => ({
            borderColor: dataset.series ? theme.arms[dataset.series.arm] : theme.foreground,
            backgroundColor:
              dataset.series && !lookOf(dataset.series, variants).hollow
                ? theme.arms[dataset.series.arm]
                : theme.raised,
          }),
          labelPointStyle: ({ dataset: { series }, dataIndex }) =>
            series ? markerOf(series, series.points[dataIndex]) : SHAPES.tcp,
        },
      },
    },
  };
}
