import {
  compareDocuments,
  doubtWords,
  type Comparison,
  type Difference,
  type Figure,
} from './compare.ts';
import type { ResultDocument } from './document.ts';
import { markdownText } from '../text.ts';
import type { Ratio } from './statistics.ts';
import { ARM_LABELS } from './arms.ts';
import { stallWords } from './quantities.ts';
import { sizeLabel } from './sizes.ts';

const FIGURE_LABELS: Readonly<Record<Figure, string>> = {
  rate: 'rate',
  p50: 'P50 latency',
  p90: 'P90 latency',
  p99: 'P99 latency',
};

/** Both runs in one Markdown table, under a summary in words. */
export function comparisonReport(
  before: ResultDocument,
  after: ResultDocument,
  { differences, notes }: Comparison = compareDocuments(before, after),
): string {
  const count = (verdict: Difference['verdict']) =>
    differences.filter((one) => one.verdict === verdict).length;
  const run = ({ startedAt, host, plan, samples }: ResultDocument) =>
    `${startedAt} on ${markdownText(host.name)}, plan ${markdownText(plan.name)}, ${samples.length} samples`;
  const tcp = differences.filter(({ arm, figure }) => arm === 'tcp' && figure === 'rate');
  const changed = tcp.filter(({ verdict }) => verdict === 'better' || verdict === 'worse');
  return [
    '# Benchmark compared with a saved run',
    '',
    `- Before: ${run(before)}`,
    `- After: ${run(after)}`,
    ...notes.map((note) => `- ${markdownText(note)}`),
    '',
    differences.length === 0
      ? 'The runs have no arm and size in common.'
      : `Of ${differences.length} figures ${count('better')} are better, ${count('worse')} worse, ${count('same')} the same within 5%, and ${count('inconclusive')} inconclusive${count('not compared') > 0 ? `; ${count('not compared')} are not compared, as hardly a byte went by the bypass` : ''}.`,
    ...(changed.length === 0
      ? []
      : [
          '',
          `TCP itself changed at ${changed.length} of ${tcp.length} sizes: there the host differs, not only the bypass.`,
        ]),
    ...(differences.length === 0 ? [] : ['', ...table(differences)]),
    '',
    'Change: ratio of the geometric means with its 95% interval (Welch), after to before. "Same" means that the whole interval lies within 5%; "inconclusive", that it is too wide to tell. "Change of the ratio to TCP" is that of the rate over TCP’s within a round: a host that is faster or slower as a whole leaves it as it is.',
    '',
  ].join('\n');
}

function table(differences: readonly Difference[]): string[] {
  const rows = differences.map((one) => [
    `${one.size.experiment === 'throughput' ? 'throughput' : 'round trip'}, ${sizeLabel(one.size)}`,
    ARM_LABELS[one.arm],
    FIGURE_LABELS[one.figure],
    valueLabel(one, one.before.median),
    valueLabel(one, one.after.median),
    [changeLabel(one.ratio), ...stalled(one), doubtWords(one)]
      .filter((words) => words !== '')
      .join('; '),
    one.verdict,
    changeLabel(one.againstTcp),
  ]);
  const head = [
    ...[
      'Size',
      'Arm',
      'Figure',
      'Before (median)',
      'After (median)',
      'Change, after to before',
      'Verdict',
    ],
    'Change of the ratio to TCP',
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function valueLabel({ size, figure }: Difference, value: number): string {
  if (figure !== 'rate') return `${value} µs`;
  return size.experiment === 'throughput'
    ? `${(value / 1e9).toPrecision(3)} Gbit/s`
    : `${Math.round(value)} /s`;
}

/** In which of the runs it stalled, if in any: "stalled in 1 of 4 rounds before". */
export const stalled = ({ stalls }: Difference): string[] =>
  (['before', 'after'] as const).flatMap((run) =>
    stalls[run].stalled > 0 ? [`${stallWords(stalls[run])} ${run}`] : [],
  );

/** "-10.2% (-12.0% to -8.3%)". */
export function changeLabel(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '';
  const percent = (value: number) => `${value >= 1 ? '+' : ''}${(100 * (value - 1)).toFixed(1)}%`;
  const { interval } = ratio;
  return interval === undefined
    ? percent(ratio.ratio)
    : `${percent(ratio.ratio)} (${percent(interval.low)} to ${percent(interval.high)})`;
}
