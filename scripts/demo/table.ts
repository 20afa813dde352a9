import type { ResultDocument } from '../../src/results/document.ts';
import { withMetric, type Figure, type Point, type Series } from '../../src/results/figure.ts';
import { DOUBTS } from '../../src/results/words/outcomeTexts.ts';
import { timesText } from '../../src/results/words/pointTexts.ts';
import { figuresOf } from '../../src/results/figures.ts';
import { runsOf } from '../../src/results/runs.ts';
import { amount, decimal, factor } from '../../src/results/format.ts';

/** The figures of a run for a terminal: a line per size and series, medians and what they compare to. */
export function table(document: ResultDocument): string {
  const { fig2, fig4 } = figuresOf(runsOf([document]));
  const rows = [fig2, withMetric(fig4, 'p50')].flatMap(rowsOf);
  const head = ['', 'size', 'arm', 'median', 'ratio (95% CI)', 'redirected', 'samples'];
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

function rowsOf({ sizes, series, quantity, unit }: Figure): string[][] {
  return sizes.flatMap((_, place) =>
    series.flatMap(({ label, points, against: of }) => {
      const point = points[place];
      if (!point) return [];
      const { redirectedBytes } = point.details;
      return [
        [
          quantity,
          point.label,
          label,
          `${decimal(point.median)} ${unit}`,
          ratioOf(point, of),
          redirectedBytes === undefined ? '' : amount(redirectedBytes),
          String(point.count),
        ],
      ];
    }),
  );
}

function ratioOf({ ratio, doubt }: Point, against: Series['against']): string {
  if (doubt) return DOUBTS[doubt];
  if (!ratio) return '';
  const { interval } = ratio;
  const range = interval ? ` (${factor(interval.low)} to ${factor(interval.high)})` : '';
  return `${factor(ratio.ratio)} ${timesText(against)}${range}`;
}
