import type { Ratio } from '../src/bench/statistics.ts';
import {
  ARM_LABELS,
  sizeKey,
  type LatencyMetric,
  type LatencyRow,
  type Measure,
  type Row,
  type ThroughputRow,
  sizeLabel,
} from '../src/bench/summary.ts';
import { el } from './dom.ts';
import { amount, decimal, factor, number } from './format.ts';

type Column<R> = { readonly title: string; readonly cell: (row: R) => string };

const NONE = '–';

/** The throughput chart as numbers. */
export function throughputTable(rows: readonly Row[]): HTMLElement {
  const own = rows.filter((row): row is ThroughputRow => row.experiment === 'throughput');
  const gbits = (bits: number) => decimal(bits / 1e9);
  return table('throughput', 'Throughput in Gbit/s, at the receiver', 'Message size', own, [
    { title: 'Samples', cell: (row) => String(row.samples) },
    { title: 'Median', cell: (row) => gbits(row.throughputBitsPerSecond.median) },
    { title: 'Lowest', cell: (row) => gbits(row.throughputBitsPerSecond.low) },
    { title: 'Highest', cell: (row) => gbits(row.throughputBitsPerSecond.high) },
    ...ratioColumns<ThroughputRow>('', (row) => row.throughputBitsPerSecond),
    ...proofColumns,
  ]);
}

/** The latency chart as numbers: every percentile, compared by the chosen one. */
export function latencyTable(rows: readonly Row[], metric: LatencyMetric): HTMLElement {
  const own = rows.filter((row): row is LatencyRow => row.experiment === 'latency');
  const us = (name: LatencyMetric) => (row: LatencyRow) => number(row.latencyUs[name].median);
  return table('latency', 'Round-trip time in µs, median of the samples', 'Sizes', own, [
    { title: 'Samples', cell: (row) => String(row.samples) },
    { title: 'p50', cell: us('p50') },
    { title: 'p90', cell: us('p90') },
    { title: 'p99', cell: us('p99') },
    { title: 'Mean', cell: (row) => decimal(row.latencyUs.mean.median) },
    { title: 'Transactions/s', cell: (row) => number(row.transactionsPerSecond.median) },
    ...ratioColumns<LatencyRow>(`${metric} `, (row) => row.latencyUs[metric]),
    ...proofColumns,
  ]);
}

const ratioColumns = <R>(what: string, measure: (row: R) => Measure): Column<R>[] => [
  {
    title: `${what}× TCP`,
    cell: (row) => orNone(measure(row).ratioToTcp, ({ ratio }) => factor(ratio)),
  },
  { title: '95% interval', cell: (row) => orNone(measure(row).ratioToTcp?.interval, interval) },
];

const interval = ({ low, high }: NonNullable<Ratio['interval']>) =>
  `${factor(low)} to ${factor(high)}`;

/** Over all samples: what went through the bypass, and what still crossed the loopback device. */
const proofColumns: Column<Row>[] = [
  { title: 'Redirected', cell: (row) => orNone(row.redirectedBytes, amount) },
  { title: 'Over loopback', cell: (row) => orNone(row.loopbackBytes, amount) },
];

function orNone<T>(value: T | undefined, text: (value: T) => string): string {
  return value === undefined ? NONE : text(value);
}

/** A body for each size, headed by the size; a row for each arm, headed by the arm. */
function table<R extends Row>(
  id: string,
  caption: string,
  sizeTitle: string,
  rows: readonly R[],
  columns: readonly Column<R>[],
): HTMLElement {
  const bodies = new Map<string, HTMLTableSectionElement>();
  for (const row of rows) {
    const key = sizeKey(row);
    const body = bodies.get(key);
    const cells = [
      el('th', { scope: 'row' }, ARM_LABELS[row.arm]),
      ...columns.map((column) => el('td', {}, column.cell(row))),
    ];
    if (body) body.append(el('tr', { 'data-arm': row.arm }, ...cells));
    else {
      const size = el('th', { scope: 'rowgroup' }, sizeLabel(row));
      bodies.set(key, el('tbody', {}, el('tr', { 'data-arm': row.arm }, size, ...cells)));
    }
  }
  for (const body of bodies.values()) {
    body.querySelector('th')?.setAttribute('rowspan', String(body.rows.length));
  }
  const titles = [sizeTitle, 'Arm', ...columns.map((column) => column.title)];
  return el(
    'table',
    { id: `${id}-table` },
    el('caption', {}, caption),
    el('thead', {}, el('tr', {}, ...titles.map((title) => el('th', { scope: 'col' }, title)))),
    ...bodies.values(),
  );
}
