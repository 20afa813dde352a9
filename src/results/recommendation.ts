import type { Figure } from './figure.ts';
import type { Finding, OutcomeVerdict, Traffic } from './finding.ts';
import { BYPASSES } from './arms.ts';
import type { FigureId } from './quantities.ts';
import { outcomesOf, placesOf, subjectsOf } from './verdicts.ts';

/** For which traffic a run's bypass is faster on its host, and for which it is not. */
export function recommendation(
  { fig2, fig3, fig5 }: Readonly<Record<FigureId, Figure>>,
  run: number,
): Finding {
  const figures: readonly (readonly [Traffic, Figure])[] = [
    ['roundTrips', fig5],
    ['streams', fig2],
    ['streamsWithNodelay', fig3],
  ];
  const subjects = figures.flatMap(([traffic, figure]) =>
    subjectsOf(figure, run)
      .map((series) => ({
        arm: series.arm,
        against: series.against,
        traffic,
        ...outcomesOf(placesOf(figure, series)),
      }))
      .filter(({ sizes }) => sizes > 0),
  );
  const arm = BYPASSES.find((each) => subjects.some((subject) => subject.arm === each));
  const own = subjects.filter((subject) => subject.arm === arm);
  const against = own[0]?.against;
  if (arm === undefined || against === undefined) return { kind: 'nothingCompared' };
  const has = (...verdicts: OutcomeVerdict[]): boolean =>
    own.some(({ outcomes }) => outcomes.some(({ verdict }) => verdicts.includes(verdict)));
  const verdictAgainstTcp = () => {
    if (has('higher')) return 'faster';
    return has('unclear', 'early', 'stalled', 'idle') || !has('lower', 'same')
      ? 'notYet'
      : 'leaveOff';
  };
  return {
    kind: 'recommendation',
    verdict: against === 'tcp' || against === 'tcp-nodelay' ? verdictAgainstTcp() : 'notTcp',
    arm,
    against,
    traffic: own.map(({ traffic, outcomes, sizes, against: other = against }) => ({
      traffic,
      against: other,
      outcomes,
      sizes,
    })),
  };
}
