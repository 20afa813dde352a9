import type { FrameLocator } from 'playwright-core';
import type { FigureId } from '../../../src/results/quantities.ts';

/** The article's: number, what is on the axes, the unit, and which arms it compares. */
export const ARTICLE: Readonly<
  Record<
    Exclude<FigureId, 'overview' | 'connections' | 'workloads' | 'distribution'>,
    { x: RegExp; y: RegExp; unit: string; arms: string[] }
  >
> = {
  fig2: { x: /^Send message size$/, y: /^Throughput/, unit: 'Gbit/s', arms: ['tcp', 'bypass'] },
  fig3: {
    x: /^Send message size$/,
    y: /^Throughput/,
    unit: 'Gbit/s',
    arms: ['tcp-nodelay', 'bypass'],
  },
  fig4: { x: /^Response/, y: /^P50 latency in µs/, unit: 'µs', arms: ['tcp', 'bypass'] },
  fig5: { x: /^Response/, y: /^Transactions per second/, unit: '1/s', arms: ['tcp', 'bypass'] },
  fig6: { x: /^Response/, y: /^Transactions per second/, unit: '1/s', arms: ['tcp', 'bypass'] },
  fig7: { x: /^Send message size$/, y: /^Seconds in BPF/, unit: 's per 60 s', arms: ['bypass'] },
};

/** Content of the chart itself, read in the panel. */
export interface Held {
  readonly xTitle: unknown;
  readonly yTitle: unknown;
  readonly xType: string;
  readonly yType: string;
  readonly series: readonly {
    readonly label: string;
    readonly arm: string;
    readonly visible: boolean;
    readonly data: readonly { readonly x: number; readonly y: number | null }[];
    readonly low: readonly (number | null)[];
    readonly high: readonly (number | null)[];
    readonly values: readonly (readonly number[])[];
  }[];
}

export const heldBy = (panel: FrameLocator): Promise<Held> =>
  panel.locator('#chart').evaluate((canvas) => {
    interface Point {
      readonly low: number;
      readonly high: number;
      readonly values: readonly number[];
    }
    interface Series {
      readonly arm: string;
      readonly points: readonly (Point | undefined)[];
    }
    interface Live {
      readonly options: {
        readonly scales: Record<string, { type: string; title: { text: unknown } }>;
      };
      readonly data: {
        readonly datasets: readonly {
          readonly label: string;
          readonly data: Held['series'][number]['data'];
          readonly series: Series;
        }[];
      };
      isDatasetVisible(index: number): boolean;
    }
    const { Chart } = window as unknown as {
      Chart: { getChart(canvas: Element): Live | undefined };
    };
    const chart = Chart.getChart(canvas);
    if (!chart) throw new Error('no chart on the canvas');
    const { x, y } = chart.options.scales;
    return {
      xTitle: x?.title.text,
      yTitle: y?.title.text,
      xType: x?.type ?? '',
      yType: y?.type ?? '',
      series: chart.data.datasets.map(({ label, data, series }, index) => ({
        label,
        arm: series.arm,
        visible: chart.isDatasetVisible(index),
        data: data.map(({ x, y }) => ({ x, y })),
        low: series.points.map((point) => point?.low ?? null),
        high: series.points.map((point) => point?.high ?? null),
        values: series.points.map((point) => point?.values ?? []),
      })),
    };
  });
