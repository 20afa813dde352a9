import type { Gap, RegressionCheck } from '../regressionCheck.ts';
import type { Difference } from '../compare.ts';
import { ARM_LABELS } from '../arms.ts';
import { sizeLabel } from '../sizes.ts';
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

/** What a check comes to, in Markdown: why it has the outcome that it has. */
export const regressionMarkdown = (check: RegressionCheck): string =>
  [
    '## Whether the bypass got slower',
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
      return `${worse.length} ${worse.length === 1 ? 'measurement' : 'measurements'} of the bypass more than ${maxSlowdown}% slower than in the saved run.`;
    case 'inconclusive':
      return 'Inconclusive: whether the bypass got slower is not known.';
    case 'good':
      return `No significant slowdown over ${maxSlowdown}%.`;
  }
}

function rateLine(one: Difference, isWorse: boolean): string {
  const { size, arm, ratio, verdict, againstTcp } = one;
  const kind = size.experiment === 'throughput' ? 'throughput' : 'round trip';
  const own = ratio ? `${changeText(ratio)} against the saved run` : '';
  const relative = againstTcp ? `, its ratio to TCP ${changeText(againstTcp)}` : '';
  const change = [`${own}${relative}`, ...stallTexts(one), doubtText(one)]
    .filter((text) => text !== '')
    .join('; ');
  return `${isWorse ? 'WORSE' : verdict}: ${ARM_LABELS[arm]}, ${kind}, ${sizeLabel(size)}: ${change}`;
}

function gapText(gap: Gap): string {
  switch (gap.kind) {
    case 'topologies':
      return 'A run between network namespaces and one over loopback say nothing about each other.';
    case 'nothingInCommon':
      return 'The saved run has no variant and size in common with this one: nothing was compared.';
    case 'armMissing':
      return gap.run === 'after'
        ? `This run has no samples of ${ARM_LABELS[gap.arm]} at a size of the saved one.`
        : `The saved run has no samples of ${ARM_LABELS[gap.arm]}.`;
    case 'mostlyTcp':
      return 'Almost no data used the bypass at any size of both runs, or next to nothing moved: nothing was compared.';
    case 'doubtful':
      return `${placeText(gap.difference)}: ${doubtText(gap.difference)}, so there is nothing to compare with the saved run.`;
    case 'stalls':
      return `${placeText(gap.difference)} ${stallText(gap.difference.stalls.after)}: its speed is that of the others alone.`;
    case 'fewRounds':
      return `${placeText(gap.difference)} has too few rounds to compare.`;
  }
}

const placeText = ({ arm, size }: Difference): string => `${ARM_LABELS[arm]} at ${sizeLabel(size)}`;
