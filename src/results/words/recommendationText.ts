import type { Outcome, OutcomeVerdict, Recommendation, Traffic } from '../finding.ts';
import { changes } from '../format.ts';
import { ARM_LABELS } from '../arms.ts';
import { capital, outcomeText, placeText, subjectText } from './outcomeTexts.ts';

const TRAFFIC: Readonly<Record<Traffic, string>> = {
  roundTrips: 'requests and responses',
  streams: 'one-way streams',
  streamsWithNodelay: 'one-way streams of programs that set TCP_NODELAY',
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
      return places.length === 0 ? [] : [`${TRAFFIC[traffic]} ${places.join(' and ')}`];
    });
  const list = (start: string, ...verdicts: OutcomeVerdict[]): string[] => {
    const members = traffics(...verdicts);
    return members.length === 0 ? [] : [`${start} ${members.join('; ')}.`];
  };
  const name = subjectText(arm);
  const faster = list(`${capital(name)} is faster on this host for`, 'higher');
  const open = list('Inconclusive for', 'unclear', 'early', 'stalled', 'idle');
  const onTcp = traffics('tcp');
  const same = list('No difference that matters for', 'same');
  if (verdict === 'notTcp') {
    return [
      `TCP was not measured: ${ARM_LABELS[arm]} is compared with ${ARM_LABELS[against]}.`,
      ...faster,
      ...list(`${capital(subjectText(against))} is faster for`, 'lower'),
      ...same,
      ...open,
    ];
  }
  return [
    ...(verdict === 'notYet' ? [`No measurement here shows that ${name} is faster yet.`] : []),
    ...(verdict === 'leaveOff'
      ? [`No measurement here shows that ${name} is faster: leave it off on this host.`]
      : []),
    ...faster,
    ...list('Leave TCP in place for', 'lower'),
    ...same,
    ...(onTcp.length === 0
      ? []
      : [
          `Almost no data used the bypass for ${onTcp.join('; ')}, so these sizes say nothing about it.`,
        ]),
    ...list(
      'Other programs used the same bypass, and whether netperf’s bytes went through it is not known, for',
      'shared',
    ),
    ...open,
    ...(arm === 'bypass-classic'
      ? ['Only the classic policy was measured: it is for comparison, not for use.']
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
    .replace(/times as high$/, `times as fast as ${other}`)
    .replace(/higher$/, `faster than ${other}`)
    .replace(/lower$/, `slower than ${other}`);
