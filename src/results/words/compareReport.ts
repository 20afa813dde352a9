import * as l10n from '@vscode/l10n';
import { compareDocuments, type Comparison, type Difference, type Figure } from '../compare.ts';
import type { ResultDocument } from '../document.ts';
import { markdownText } from '../../text.ts';
import { ARM_LABELS } from '../arms.ts';
import { withUnit } from '../format.ts';
import { kindLabel, sizeLabel } from '../sizes.ts';
import { changeText, doubtText, noteTexts, stallTexts } from './differenceTexts.ts';

const FIGURE_LABELS: Readonly<Record<Figure, string>> = {
  get rate() {
    return l10n.t('rate');
  },
  get p50() {
    return l10n.t('P50 latency');
  },
  get p90() {
    return l10n.t('P90 latency');
  },
  get p99() {
    return l10n.t('P99 latency');
  },
};

export const VERDICT_LABELS: Readonly<Record<Difference['verdict'], string>> = {
  get better() {
    return l10n.t('better');
  },
  get worse() {
    return l10n.t('worse');
  },
  get same() {
    return l10n.t('same');
  },
  get inconclusive() {
    return l10n.t('inconclusive');
  },
  get 'not compared'() {
    return l10n.t('not comparable');
  },
};

/** Both runs in one Markdown table, under a summary in words. */
export function comparisonReport(
  before: ResultDocument,
  after: ResultDocument,
  comparison: Comparison = compareDocuments(before, after),
): string {
  const { differences } = comparison;
  const run = ({ startedAt, host, plan, samples }: ResultDocument) =>
    l10n.t(
      '{0} on {1}, plan {2}, {3} samples',
      startedAt,
      markdownText(host.name),
      markdownText(plan.name),
      samples.length,
    );
  return [
    `# ${l10n.t('Benchmark compared with a saved run')}`,
    '',
    `- ${l10n.t('Before: {0}', run(before))}`,
    `- ${l10n.t('After: {0}', run(after))}`,
    ...noteTexts(comparison).map((note) => `- ${markdownText(note)}`),
    '',
    summaryTexts(differences).join('\n\n'),
    ...(differences.length === 0 ? [] : ['', ...table(differences)]),
    '',
    l10n.t(
      'Change: ratio of the geometric means with its 95% CI (Welch), after to before. "Same" means that the whole interval lies within 5%; "inconclusive", that it is too wide to say. "Change of the ratio to TCP" is that of the rate over TCP’s within a round: a host that is faster or slower as a whole leaves it as it is.',
    ),
    '',
  ].join('\n');
}

/** How many came out how, and whether TCP changed as well. */
export function summaryTexts(differences: readonly Difference[]): string[] {
  const count = (verdict: Difference['verdict']) =>
    differences.filter((one) => one.verdict === verdict).length;
  if (differences.length === 0) return [l10n.t('The runs have no variant and size in common.')];
  const notCompared = count('not compared');
  const tcp = differences.filter(({ arm, figure }) => arm === 'tcp' && figure === 'rate');
  const changed = tcp.filter(({ verdict }) => verdict === 'better' || verdict === 'worse');
  const why = differences.some(({ doubts }) => Object.values(doubts).includes('idle'))
    ? l10n.t('because almost no data used the bypass, or almost nothing was moved')
    : l10n.t('because almost no data used the bypass');
  return [
    `${
      differences.length === 1
        ? l10n.t('1 measurement')
        : l10n.t('{0} measurements', differences.length)
    }: ${[
      l10n.t(
        '{0} better, {1} worse, {2} the same within 5%, {3} inconclusive',
        count('better'),
        count('worse'),
        count('same'),
        count('inconclusive'),
      ),
      ...(notCompared > 0 ? [l10n.t('{0} not compared, {1}', notCompared, why)] : []),
    ].join('; ')}.`,
    ...(changed.length === 0
      ? []
      : [
          l10n.t(
            'TCP itself changed at {0} of {1} sizes: there the host differs, not only the bypass.',
            changed.length,
            tcp.length,
          ),
        ]),
  ];
}
function table(differences: readonly Difference[]): string[] {
  const rows = differences.map((one) => [
    markdownText(`${kindLabel(one.size)}, ${sizeLabel(one.size)}`),
    ARM_LABELS[one.arm],
    FIGURE_LABELS[one.figure],
    markdownText(valueLabel(one, one.before.median)),
    markdownText(valueLabel(one, one.after.median)),
    [changeText(one.ratio), ...stallTexts(one), doubtText(one)]
      .filter((words) => words !== '')
      .join('; '),
    VERDICT_LABELS[one.verdict],
    changeText(one.againstTcp),
  ]);
  const head = [
    l10n.t('Size'),
    l10n.t('Variant'),
    l10n.t('Measurement'),
    l10n.t('Before (median)'),
    l10n.t('After (median)'),
    l10n.t('Change, after to before (95% CI)'),
    l10n.t('Verdict'),
    l10n.t('Change of the ratio to TCP (95% CI)'),
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** A median with its unit. */
export function valueLabel({ size, figure, unit }: Difference, value: number): string {
  if (unit !== undefined) return withUnit(value, unit);
  if (figure !== 'rate') return `${value} µs`;
  return size.experiment === 'throughput'
    ? `${(value / 1e9).toPrecision(3)} Gbit/s`
    : `${Math.round(value)} /s`;
}
