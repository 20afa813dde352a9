import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
  type ChartDataset,
  type ChartOptions,
} from 'chart.js';
import type { Place } from './chartWalk.ts';

/** With what charts of lines need. */
export { Chart };
Chart.register(LinearScale, LogarithmicScale, LineController, LineElement, PointElement, Tooltip);

export type LineChart = Chart<'line', Place[]>;
export type LineDataset = ChartDataset<'line', Place[]>;

/** Has a chart be of other data; it is drawn by its `update()`. */
export function refill(
  chart: LineChart,
  datasets: readonly LineDataset[],
  options: ChartOptions<'line'>,
): void {
  const { data } = chart;
  // chart.js knows its datasets by identity.
  data.datasets = datasets.map((dataset, index) =>
    Object.assign(data.datasets[index] ?? {}, dataset),
  );
  chart.options = options;
}
