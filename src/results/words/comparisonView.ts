import * as l10n from '@vscode/l10n';
import type { Difference, Figure } from '../compare.ts';
import { compareDocuments } from '../compare.ts';
import type { Arm, ResultDocument } from '../document.ts';
import { ARM_LABELS } from '../arms.ts';
import { when } from '../format.ts';
import { regressionCheck, type RegressionCheck } from '../regressionCheck.ts';
import { sizeKey, sizeLabel } from '../sizes.ts';
import { groupBy } from '../samples.ts';
import type { Interval } from '../statistics.ts';
import { oneLine } from '../../text.ts';
import { summaryTexts, valueLabel, VERDICT_LABELS } from './compareReport.ts';
import { doubtText, noteTexts, stallTexts, timesText } from './differenceTexts.ts';
import { reachText, topologyText } from './planText.ts';
import { gapTexts, verdictLine } from './regressionLines.ts';

/** Two runs as the page of their comparison shows them: plain data, every word written. */
export type ComparisonView = {
  readonly before: RunView;
  readonly after: RunView;
  readonly outcome: RegressionCheck['outcome'];
  /** The verdict on the bypass, and why it is that. */
  readonly verdict: readonly string[];
  /** How many measurements came out how. */
  readonly summary: readonly string[];
  /** How the runs differ beside their figures. */
  readonly notes: readonly string[];
  readonly pages: readonly ComparisonPage[];
};

export type RunView = {
  readonly fileName: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
};

/** One quantity at all sizes. */
export type ComparisonPage = {
  readonly id: string;
  readonly title: string;
  /** Which direction is better. */
  readonly better: string;
  /** How many are better, and how many worse. */
  readonly counts: Readonly<Record<'better' | 'worse', number>>;
  readonly groups: readonly { readonly size: string; readonly rows: readonly ComparisonRow[] }[];
};

export type ComparisonRow = {
  readonly arm: Arm;
  readonly label: string;
  /** Medians, with their unit. */
  readonly before: string;
  readonly after: string;
  /** After to before; absent where nothing is compared. */
  readonly ratio?: { readonly centre: number; readonly interval?: Interval };
  /** The same in words, or why there is none. */
  readonly change: string;
  readonly verdict: Difference['verdict'];
  readonly verdictText: string;
  /** The change of the ratio to TCP; empty where there is none. */
  readonly againstTcp: string;
};

/** @param fileNames of the two documents. */
export function comparisonView(
  before: ResultDocument,
  after: ResultDocument,
  fileNames: Readonly<Record<'before' | 'after', string>>,
): ComparisonView {
  const comparison = compareDocuments(before, after);
  const check = regressionCheck(before, after);
  const { differences } = comparison;
  return {
    before: runView(before, fileNames.before),
    after: runView(after, fileNames.after),
    outcome: check.outcome,
    verdict: [verdictLine(check), ...gapTexts(check)],
    summary: summaryTexts(differences),
    notes: noteTexts(comparison).map((note) => oneLine(note, 1000)),
    pages: pagesOf(differences),
  };
}

function runView({ host, startedAt, plan, programs, samples }: ResultDocument, fileName: string) {
  const { reach } = programs;
  const policy = reach === undefined ? programs.policy : `${programs.policy}, ${reachText(reach)}`;
  return {
    fileName: oneLine(fileName),
    facts: [
      [l10n.t('Host'), oneLine(`${host.name}, ${host.distribution}`, 200)],
      [l10n.t('Kernel'), oneLine(host.kernel, 200)],
      [l10n.t('Started'), when(startedAt)],
      [l10n.t('Plan'), oneLine(l10n.t('{0}, {1} samples', plan.name, samples.length), 200)],
      [l10n.t('Topology'), topologyText(plan)],
      [l10n.t('Policy'), policy],
    ],
  } satisfies RunView;
}

/** Streams, and of round trips each quantity: a page each. */
function pagesOf(differences: readonly Difference[]): ComparisonPage[] {
  const byPage = groupBy(differences, ({ size: { experiment }, figure, better }) =>
    experiment === 'workload' ? `workload-${better}` : `${experiment}-${figure}`,
  );
  return [...byPage].map(([id, own]): ComparisonPage => {
    const count = (wanted: Difference['verdict']) =>
      own.filter(({ verdict }) => verdict === wanted).length;
    const [first] = own;
    const { size, figure = 'rate', better = 'higher' } = first ?? {};
    return {
      id,
      title: titleOf(size?.experiment, figure),
      better: better === 'higher' ? l10n.t('higher is better') : l10n.t('lower is better'),
      counts: { better: count('better'), worse: count('worse') },
      groups: [...groupBy(own, ({ size }) => sizeKey(size)).values()].map((rows) => ({
        size: rows[0] === undefined ? '' : sizeLabel(rows[0].size),
        rows: rows.map(rowOf),
      })),
    };
  });
}

function titleOf(experiment: Difference['size']['experiment'] | undefined, figure: Figure): string {
  switch (experiment) {
    case 'throughput':
      return l10n.t('Throughput');
    case 'connections':
      return l10n.t('Short connections');
    case 'workload':
      return l10n.t('Workloads');
    default:
      return figure === 'rate'
        ? l10n.t('Transaction rate')
        : l10n.t('{0} latency', figure.toUpperCase());
  }
}

function rowOf(one: Difference): ComparisonRow {
  const { arm, ratio, verdict } = one;
  const reasons = [...stallTexts(one), doubtText(one)].filter((text) => text !== '');
  return {
    arm,
    label: ARM_LABELS[arm],
    before: valueLabel(one, one.before.median),
    after: valueLabel(one, one.after.median),
    ...(ratio && {
      ratio: { centre: ratio.ratio, ...(ratio.interval && { interval: ratio.interval }) },
    }),
    change: [timesText(ratio), ...reasons].filter((text) => text !== '').join('; '),
    verdict,
    verdictText: VERDICT_LABELS[verdict],
    againstTcp: timesText(one.againstTcp),
  };
}
