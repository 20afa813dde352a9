import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type ChartDataset,
  type ChartOptions,
} from 'chart.js';
import type { Arm } from '../src/bench/document.ts';
import { ARM_LABELS } from '../src/bench/summary.ts';
import type { Figure, Point, Series } from './figure.ts';
import { factor, number } from './format.ts';
import { fillOf, LOOKS } from './looks.ts';
import type { Theme } from './theme.ts';
import { sideBySide, whiskersIn } from './whiskers.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

type Kind = 'bar' | 'line';
type Dataset = ChartDataset<Kind, (number | null)[]>;

/** Many sizes make bars too thin to tell apart, and a trend is what there is to see. */
export const kindOf = (figure: Figure): Kind => (figure.labels.length > 6 ? 'line' : 'bar');

/** A chart that is drawn anew in place: the same canvas and chart.js instance for its whole life. */
export class FigureChart {
  readonly #chart: Chart<Kind, (number | null)[], string>;
  #theme: Theme | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#chart = new Chart<Kind, (number | null)[], string>(canvas, {
      type: 'bar',
      data: { labels: [], datasets: [] },
      plugins: [sideBySide, whiskersIn(() => this.#whiskerColours())],
    });
    canvas.addEventListener('keydown', (event) => {
      this.#onKey(event);
    });
    canvas.addEventListener('blur', () => {
      this.#show(undefined);
    });
  }

  draw(figure: Figure, theme: Theme, hidden: ReadonlySet<Arm>): void {
    this.#theme = theme;
    const { data } = this.#chart;
    data.labels = [...figure.labels];
    // chart.js knows its datasets by identity: those of arms that stay are filled anew.
    const known = new Map(data.datasets.map((dataset) => [dataset.series?.arm, dataset]));
    data.datasets = figure.series.map((series) =>
      Object.assign(known.get(series.arm) ?? {}, datasetOf(series, kindOf(figure), theme, hidden)),
    );
    this.#chart.options = optionsOf(figure, theme);
    this.#chart.update();
  }

  /** What is on the canvas, read from the chart itself. */
  drawn(): unknown {
    const { data, options } = this.#chart;
    return {
      xTitle: options.scales?.['x']?.title?.text,
      yTitle: options.scales?.['y']?.title?.text,
      labels: data.labels,
      series: data.datasets.map((dataset, index) => ({
        arm: dataset.series?.arm,
        label: dataset.label,
        visible: this.#chart.isDatasetVisible(index),
        kind: dataset.type,
        values: dataset.data,
        low: dataset.series?.points.map((point) => point?.low ?? null),
        high: dataset.series?.points.map((point) => point?.high ?? null),
        samples: dataset.series?.points.map((point) => point?.samples ?? 0),
      })),
    };
  }

  #whiskerColours(): { ink: string; halo: string } {
    return { ink: this.#theme?.foreground ?? 'black', halo: this.#theme?.background ?? 'white' };
  }

  /** The arrow keys do what the mouse does: walk from size to size and read the values. */
  #onKey(event: KeyboardEvent): void {
    const last = (this.#chart.data.labels?.length ?? 0) - 1;
    const at = this.#chart.getActiveElements()[0]?.index;
    const target = {
      ArrowRight: at === undefined ? 0 : Math.min(at + 1, last),
      ArrowLeft: at === undefined ? last : Math.max(at - 1, 0),
      Home: 0,
      End: last,
    }[event.key];
    if (target === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    this.#show(target);
  }

  #show(place: number | undefined): void {
    const chart = this.#chart;
    const active = chart.data.datasets.flatMap((dataset, datasetIndex) =>
      place !== undefined && chart.isDatasetVisible(datasetIndex) && dataset.data[place] != null
        ? [{ datasetIndex, index: place }]
        : [],
    );
    chart.setActiveElements(active);
    const element = active[0] && chart.getDatasetMeta(active[0].datasetIndex).data[active[0].index];
    chart.tooltip?.setActiveElements(active, { x: element?.x ?? 0, y: element?.y ?? 0 });
    chart.update();
  }
}

function datasetOf(series: Series, kind: Kind, theme: Theme, hidden: ReadonlySet<Arm>): Dataset {
  const colour = theme.arms[series.arm];
  const look = LOOKS[series.arm];
  const common = {
    series,
    label: ARM_LABELS[series.arm],
    data: series.points.map((point) => point?.median ?? null),
    hidden: hidden.has(series.arm),
    borderColor: colour,
    borderWidth: 2,
  };
  if (kind === 'bar') {
    const fill = fillOf(series.arm, colour);
    return {
      ...common,
      type: 'bar',
      backgroundColor: fill,
      hoverBackgroundColor: fill,
      maxBarThickness: 56,
    };
  }
  return {
    ...common,
    type: 'line',
    borderDash: [...look.dash],
    pointStyle: look.point,
    pointRadius: 5,
    pointHoverRadius: 7,
    backgroundColor: colour,
    spanGaps: true,
  };
}

function optionsOf(figure: Figure, theme: Theme): ChartOptions<Kind> {
  const font = { family: theme.fontFamily, size: 12 };
  const highest = Math.max(
    ...figure.series.flatMap((series) => series.points.map((point) => point?.high ?? 0)),
  );
  const axis = (text: string) => ({
    title: { display: true, text, color: theme.foreground, font },
    ticks: { color: theme.foreground, font },
    border: { color: theme.muted },
  });
  return {
    responsive: true,
    maintainAspectRatio: false,
    // Nothing moves: a new sample is not an event to watch, and some readers must not see motion.
    animation: false,
    color: theme.foreground,
    font,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: { ...axis(figure.xTitle), offset: true, grid: { display: false } },
      y: {
        ...axis(figure.yTitle),
        beginAtZero: true,
        suggestedMax: highest,
        grid: { color: theme.grid },
      },
    },
    plugins: {
      tooltip: {
        backgroundColor: theme.raised,
        borderColor: theme.border,
        borderWidth: 1,
        cornerRadius: 3,
        padding: 8,
        boxPadding: 5,
        titleColor: theme.foreground,
        bodyColor: theme.foreground,
        titleFont: font,
        bodyFont: font,
        usePointStyle: kindOf(figure) === 'line',
        multiKeyBackground: 'transparent',
        callbacks: {
          title: (items) => `${figure.xTitle} ${items[0]?.label ?? ''}`,
          label: ({ dataset, dataIndex }) => {
            const point = dataset.series?.points[dataIndex];
            return point ? `${dataset.label ?? ''}: ${valueText(point, figure.unit)}` : '';
          },
          labelPointStyle: ({ dataset }) => ({
            pointStyle: dataset.series ? LOOKS[dataset.series.arm].point : 'circle',
            rotation: 0,
          }),
        },
      },
    },
  };
}

/** `12.35 Gbit/s (12.1 to 12.5, 3 samples), 1.42 × TCP`. */
function valueText(point: Point, unit: string): string {
  const samples =
    point.samples === 1
      ? '1 sample'
      : `${number(point.low)} to ${number(point.high)}, ${point.samples} samples`;
  const ratio = point.ratioToTcp ? `, ${factor(point.ratioToTcp.ratio)} × TCP` : '';
  return `${number(point.median)} ${unit} (${samples})${ratio}`;
}
