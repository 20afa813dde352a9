import * as l10n from '@vscode/l10n';
import type { Outcome, OutcomeVerdict, Recommendation, Traffic } from '../finding.ts';
import { changes } from '../format.ts';
import { ARM_LABELS } from '../arms.ts';
import { capital, outcomeText, placeText, subjectText } from './outcomeTexts.ts';

const TRAFFIC: Readonly<Record<Traffic, string>> = {
  get roundTrips() {
    return l10n.t('requests and responses');
  },
  get streams() {
    return l10n.t('one-way streams');
  },
  get streamsWithNodelay() {
    return l10n.t('one-way streams of programs that set TCP_NODELAY');
  },
};

/** For which traffic the bypass is faster, and for which it is not, in sentences. */
export function recommendationText({ verdict, arm, against, traffic }: Recommendation): string[] {
  /** `requests and responses at 64 B (25% faster than TCP)`, for each kind of traffic. */
  const traffics = (...verdicts: OutcomeVerdict[]): string[] =>
    traffic.flatMap(({ traffic, against: other, outcomes, sizes }) => {
      const places = outcomes
        .filter((outcome) => verdicts.includes(outcome.verdict))
        .map((outcome) => {
          const detail = detailText(outcome, ARM_LABELS[other]);
          return `${placeText(outcome, sizes)}${detail === '' ? '' : ` (${detail})`}`;
        });
      return places.length === 0 ? [] : [`${TRAFFIC[traffic]} ${places.join(l10n.t(' and '))}`];
    });
  const list = (start: string, ...verdicts: OutcomeVerdict[]): string[] => {
    const members = traffics(...verdicts);
    return members.length === 0 ? [] : [`${start} ${members.join('; ')}.`];
  };
  const name = subjectText(arm);
  const faster = list(l10n.t('{0} is faster on this host for', capital(name)), 'higher');
  const open = list(l10n.t('Inconclusive for'), 'unclear', 'early', 'stalled', 'idle');
  const onTcp = traffics('tcp');
  const same = list(l10n.t('No difference that matters for'), 'same');
  if (verdict === 'notTcp') {
    return [
      l10n.t(
        'TCP was not measured: {0} is compared with {1}.',
        ARM_LABELS[arm],
        ARM_LABELS[against],
      ),
      ...faster,
      ...list(l10n.t('{0} is faster for', capital(subjectText(against))), 'lower'),
      ...same,
      ...open,
    ];
  }
  return [
    ...(verdict === 'notYet'
      ? [l10n.t('No measurement here shows that {0} is faster yet.', name)]
      : []),
    ...(verdict === 'leaveOff'
      ? [l10n.t('No measurement here shows that {0} is faster: leave it off on this host.', name)]
      : []),
    ...faster,
    ...list(l10n.t('Leave TCP in place for'), 'lower'),
    ...same,
    ...(onTcp.length === 0
      ? []
      : [
          l10n.t(
            'Almost no data used the bypass for {0}, so these sizes say nothing about it.',
            onTcp.join('; '),
          ),
        ]),
    ...list(
      l10n.t(
        'Other programs used the same bypass, and whether netperf’s bytes went through it is not known, for',
      ),
      'shared',
    ),
    ...open,
    ...(arm === 'bypass-classic'
      ? [l10n.t('Only the classic policy was measured: it is for comparison, not for use.')]
      : []),
  ];
}

function detailText(outcome: Outcome, other: string): string {
  switch (outcome.verdict) {
    case 'stalled':
      return outcomeText(outcome);
    case 'higher':
    case 'lower':
      return speedText(outcome.ratios, other);
    default:
      return '';
  }
}

/** `20% to 50% faster than TCP`, `2.1 times as fast as TCP`. */
const speedText = (ratios: readonly number[], other: string): string =>
  changes(ratios)
    .replace(/times as high$/, l10n.t('times as fast as {0}', other))
    .replace(/higher$/, l10n.t('faster than {0}', other))
    .replace(/lower$/, l10n.t('slower than {0}', other));
