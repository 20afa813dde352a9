import * as l10n from '@vscode/l10n';
import type { Gap, RegressionCheck } from '../regressionCheck.ts';
import type { Difference } from '../compare.ts';
import { ARM_LABELS } from '../arms.ts';
import { kindLabel, sizeLabel } from '../sizes.ts';
import { markdownText } from '../../text.ts';
import { changeText, doubtText, noteTexts, stallTexts } from './differenceTexts.ts';
import { stallText } from './outcomeTexts.ts';

/** A check line by line, for a terminal: what differs, each rate, the verdict last. */
export function regressionLines(check: RegressionCheck): string[] {
  const { rates, worse } = check;
  return [
    ...noteTexts(check),
    ...rates.map((one) => rateLine(one, worse.includes(one))),
    ...check.gaps.map(gapText),
    verdictLine(check),
  ];
}

/** Why a check is inconclusive. */
export const gapTexts = ({ gaps }: RegressionCheck): string[] => gaps.map(gapText);

/** The outcome of a check, in Markdown, with its reasons. */
export const regressionMarkdown = (check: RegressionCheck): string =>
  [
    `## ${l10n.t('Whether the bypass got slower')}`,
    '',
    ...[
      ...check.worse.map((one) => rateLine(one, true)),
      ...check.gaps.map(gapText),
      verdictLine(check),
    ].map((line) => `- ${markdownText(line)}`),
    '',
  ].join('\n');

export function verdictLine({ outcome, worse, maxSlowdown }: RegressionCheck): string {
  switch (outcome) {
    case 'worse':
      return worse.length === 1
        ? l10n.t(
            '1 measurement of the bypass more than {0}% slower than in the saved run.',
            maxSlowdown,
          )
        : l10n.t(
            '{0} measurements of the bypass more than {1}% slower than in the saved run.',
            worse.length,
            maxSlowdown,
          );
    case 'inconclusive':
      return l10n.t('Inconclusive: whether the bypass got slower is not known.');
    case 'good':
      return l10n.t('No significant slowdown over {0}%.', maxSlowdown);
  }
}

function rateLine(one: Difference, isWorse: boolean): string {
  const { size, arm, ratio, verdict, againstTcp } = one;
  const own = ratio ? l10n.t('{0} against the saved run', changeText(ratio)) : '';
  const relative = againstTcp ? `, ${l10n.t('its ratio to TCP {0}', changeText(againstTcp))}` : '';
  const change = [`${own}${relative}`, ...stallTexts(one), doubtText(one)]
    .filter((text) => text !== '')
    .join('; ');
  return `${isWorse ? 'WORSE' : verdict}: ${ARM_LABELS[arm]}, ${kindLabel(size)}, ${sizeLabel(size)}: ${change}`;
}

function gapText(gap: Gap): string {
  switch (gap.kind) {
    case 'topologies':
      return l10n.t(
        'A run between network namespaces and one over loopback say nothing about each other.',
      );
    case 'nothingInCommon':
      return l10n.t(
        'The saved run has no variant and size in common with this one: nothing was compared.',
      );
    case 'armMissing':
      return gap.run === 'after'
        ? l10n.t('This run has no samples of {0} at a size of the saved one.', ARM_LABELS[gap.arm])
        : l10n.t('The saved run has no samples of {0}.', ARM_LABELS[gap.arm]);
    case 'mostlyTcp':
      return l10n.t(
        'Almost no data used the bypass at any size of both runs, or almost nothing was moved: nothing was compared.',
      );
    case 'doubtful':
      return l10n.t(
        '{0}: {1}, so there is nothing to compare with the saved run.',
        placeText(gap.difference),
        doubtText(gap.difference),
      );
    case 'stalls':
      return l10n.t(
        '{0} {1}: its speed is that of the others alone.',
        placeText(gap.difference),
        stallText(gap.difference.stalls.after),
      );
    case 'fewRounds':
      return l10n.t('{0} has too few rounds to compare.', placeText(gap.difference));
  }
}

const placeText = ({ arm, size }: Difference): string =>
  l10n.t('{0} at {1}', ARM_LABELS[arm], sizeLabel(size));
