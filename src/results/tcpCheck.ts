import type { Arm, ResultDocument } from './document.ts';
import type { Point } from './figure.ts';
import { figuresOf } from './figures.ts';
import { policyOf } from './plan.ts';
import { EXIT } from './regressionCheck.ts';
import { runsOf } from './runs.ts';
import { placesOf, subjectsOf, type At } from './verdicts.ts';

/** The bypass at one size, compared with TCP in the same run. */
export type TcpPlace = {
  readonly arm: Arm;
  readonly against: Arm;
  readonly experiment: 'throughput' | 'latency';
  /** `64 B`; for round trips request and response. */
  readonly size: string;
  /** Rate of the bypass to that of TCP, and its 95% confidence interval. */
  readonly ratio?: number;
  readonly interval?: { readonly low: number; readonly high: number };
  /** Rounds in which one of the two moved nothing. */
  readonly stalled: number;
  readonly outcome: 'good' | 'worse' | 'inconclusive';
};

/** Whether a run's bypass is good enough to be left on: what a roll-out asks. `words/tcpLines.ts` makes the sentences. */
export type TcpCheck = {
  readonly outcome: 'good' | 'worse' | 'inconclusive';
  /** In percent. */
  readonly maxSlowdown: number;
  readonly places: readonly TcpPlace[];
};

/**
 * Compares the bypass of a run with its TCP, by rates. Worse: at a size it stalled, or its whole interval lies below
 * what is allowed. Inconclusive: nothing can be said at any size, or too few rounds were measured at one.
 * @param maxSlowdown in percent.
 */
export function tcpCheck(document: ResultDocument, maxSlowdown: number): TcpCheck {
  const { fig2, fig3, fig5 } = figuresOf(runsOf([document]));
  const places = [fig2, fig3, fig5].flatMap((figure) =>
    subjectsOf(figure, 0).flatMap((series): TcpPlace[] => {
      const { arm, against } = series;
      if (against === undefined || policyOf(against) !== undefined) return [];
      const experiment = figure === fig5 ? 'latency' : 'throughput';
      return placesOf(figure, series).map((at) => ({
        arm,
        against,
        experiment,
        size: at.point.label,
        ...(at.ratio && { ratio: at.ratio.ratio }),
        ...(at.ratio?.interval && { interval: at.ratio.interval }),
        stalled: at.stalls?.stalled ?? stallsOf(at.point),
        outcome: outcomeAt(at, maxSlowdown),
      }));
    }),
  );
  const has = (outcome: TcpPlace['outcome']) => places.some((one) => one.outcome === outcome);
  const isEarly = places.some(({ ratio, interval }) => ratio !== undefined && !interval);
  const settled = has('good') && !isEarly ? 'good' : 'inconclusive';
  return { outcome: has('worse') ? 'worse' : settled, maxSlowdown, places };
}

const stallsOf = ({ values }: Point): number => values.filter((value) => value === 0).length;

function outcomeAt({ point, ratio, stalls }: At, maxSlowdown: number): TcpPlace['outcome'] {
  if (stalls !== undefined && stalls.arm === undefined) return 'worse';
  if (point.doubt !== undefined || ratio?.interval === undefined) return 'inconclusive';
  return ratio.interval.high < 1 - maxSlowdown / 100 ? 'worse' : 'good';
}

/** The exit status of a command that made the check. */
export const exitOfTcp = ({ outcome }: TcpCheck): number =>
  ({ good: EXIT.good, worse: EXIT.worse, inconclusive: EXIT.failed })[outcome];
