import type { ResultDocument } from '../../src/bench/document.ts';
import { ARM_LABELS, summarize, type Row, sizeLabel } from '../../src/bench/summary.ts';
import { decimal } from '../../webview/format.ts';

/** The summary of a run for a terminal: a line per arm and size, medians and the ratio to TCP. */
export function table(document: ResultDocument): string {
  const rows = summarize(document).map(cells);
  const head = ['', 'size', 'arm', 'median', 'against TCP (95% interval)', 'redirected', 'samples'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}

function cells(row: Row): string[] {
  const throughput = row.experiment === 'throughput';
  const measure = throughput ? row.throughputBitsPerSecond : row.latencyUs.p50;
  const { ratio, interval } = measure.ratioToTcp ?? {};
  return [
    throughput ? 'throughput' : 'round trip',
    sizeLabel(row),
    ARM_LABELS[row.arm],
    throughput ? `${decimal(measure.median / 1e9)} Gbit/s` : `${decimal(measure.median)} µs`,
    ratio === undefined
      ? ''
      : `${ratio.toFixed(2)}x` +
        (interval === undefined
          ? ''
          : ` (${interval.low.toFixed(2)} to ${interval.high.toFixed(2)})`),
    row.redirectedBytes === undefined ? '' : `${decimal(row.redirectedBytes / 1e6)} MB`,
    String(row.samples),
  ];
}
