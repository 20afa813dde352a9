import type { Figure, Point, Series } from './figure.ts';
import type { Outcome, OutcomeVerdict, Outcomes } from './finding.ts';
import { verdictOf, type Ratio } from './statistics.ts';
import { BYPASSES } from './arms.ts';

export const seriesOfRun = (figure: Figure, run: number): Series[] =>
  figure.series.filter((series) => series.run === run);

/** The bypass's series of a run, the guarded one's first. */
export const subjectsOf = (figure: Figure, run: number): Series[] =>
  seriesOfRun(figure, run)
    .filter(({ arm }) => BYPASSES.includes(arm))
    .sort((a, b) => BYPASSES.indexOf(a.arm) - BYPASSES.indexOf(b.arm));

/** The series that one is compared with. */
export const otherOf = (
  figure: Figure,
  { run, requestBytes, metric, against }: Series,
): Series | undefined =>
  figure.series.find(
    (series) =>
      series.arm === against &&
      series.run === run &&
      series.requestBytes === requestBytes &&
      series.metric === metric,
  );

export const measured = ({ points }: Series): Point[] =>
  points.filter((point) => point !== undefined);

/** One size: compared, or why it is not. */
export type At = {
  readonly point: Point;
  readonly ratio?: Ratio | undefined;
  readonly stalls?: Outcome['stalls'];
};

/** The sizes at which a series and its baseline were measured, those that stalled among them. */
export function placesOf(figure: Figure, series: Series): At[] {
  const other = otherOf(figure, series);
  return series.points.flatMap((point, place): At[] => {
    if (!point) return [];
    if (point.ratio) return [{ point, ratio: point.ratio }];
    if (point.doubt) return [{ point }];
    const partner = other?.points[place];
    if (hasStalled(point)) return [{ point, stalls: stallsOf(point) }];
    return other && partner && hasStalled(partner)
      ? [{ point, stalls: { ...stallsOf(partner), arm: other.arm } }]
      : [];
  });
}

const stallsOf = ({ values, count }: Point) => ({
  stalled: values.filter((value) => value === 0).length,
  rounds: count,
});
const hasStalled = (point: Point): boolean => stallsOf(point).stalled > 0;

/** Joins neighbouring sizes that come out alike. */
export function outcomesOf(places: readonly At[]): Outcomes {
  const groups: { verdict: OutcomeVerdict; members: At[] }[] = [];
  for (const at of places) {
    const verdict = verdictOfAt(at);
    const last = groups.at(-1);
    if (last?.verdict === verdict && sameStalls(last.members[0], at)) last.members.push(at);
    else groups.push({ verdict, members: [at] });
  }
  const outcomes = groups.map(({ verdict, members }): Outcome => {
    const stalls = members[0]?.stalls;
    return {
      verdict,
      sizes: members.map(({ point }) => point.bytes),
      ratios: members.flatMap(({ ratio }) => (ratio ? [ratio.ratio] : [])),
      ...(stalls && { stalls }),
    };
  });
  return { outcomes, sizes: places.length };
}

const sameStalls = (a: At | undefined, b: At): boolean =>
  a?.stalls?.stalled === b.stalls?.stalled &&
  a?.stalls?.rounds === b.stalls?.rounds &&
  a?.stalls?.arm === b.stalls?.arm;

/** Nothing for or against a bypass by which hardly anything went. */
export function verdictOfAt({ point, ratio, stalls }: At): OutcomeVerdict {
  if (point.doubt) return point.doubt;
  if (stalls !== undefined || ratio === undefined) return 'stalled';
  return ratio.interval ? verdictOf(ratio) : 'early';
}

/** A point's own verdict; undefined where it is compared with nothing. */
export const verdictOfPoint = (point: Point): OutcomeVerdict | undefined =>
  point.ratio || point.doubt ? verdictOfAt({ point, ratio: point.ratio }) : undefined;

/** Whether one is faster than the other for sure, and is what it is called. */
export const isDecided = (point: Point): boolean =>
  ['higher', 'lower'].includes(verdictOfPoint(point) ?? '');

/** From this share of a value on, a step of the histogram hides differences people ask about. */
const STEP_MATTERS = 0.02;

/** Whether a step of the histogram is a share of the value that matters. */
export const isCoarse = ({ step, median }: Pick<Point, 'step' | 'median'>): boolean =>
  step !== undefined && median > 0 && step / median >= STEP_MATTERS;
