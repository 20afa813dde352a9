import type { Arm } from './document.ts';
import type { Figure, Point, Series } from './figure.ts';
import { changes } from './format.ts';
import type { Doubt } from './samples.ts';
import { verdictOf, type Ratio, type Verdict } from './statistics.ts';
import { ARM_LABELS, BYPASSES } from './arms.ts';
import { stallWords } from './quantities.ts';
import { bytes } from './sizes.ts';

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

export type Compared = Point & { readonly ratio: Ratio };

export const comparedOf = (series: Series): Compared[] =>
  measured(series).filter((point): point is Compared => point.ratio !== undefined);

export const atOf = (point: Compared): At => ({ point, ratio: point.ratio });

/** One size: compared, or why it is not. */
export type At = {
  readonly point: Point;
  readonly ratio?: Ratio | undefined;
  /** `stalled in 1 of 4 rounds`. */
  readonly stall?: string | undefined;
};

/** The sizes at which a series and its baseline were measured, those that stalled among them. */
export function placesOf(figure: Figure, series: Series): At[] {
  const other = otherOf(figure, series);
  return series.points.flatMap((point, place): At[] => {
    if (!point) return [];
    if (point.ratio) return [{ point, ratio: point.ratio }];
    if (point.doubt) return [{ point }];
    const stall = stallOf(point) ?? stallOf(other?.points[place], other?.arm);
    return stall === undefined ? [] : [{ point, stall }];
  });
}

/** @param arm is named where it is not the one the sentence is of. */
function stallOf(point: Point | undefined, arm?: Arm): string | undefined {
  const stalled = point?.values.filter((value) => value === 0).length ?? 0;
  if (!point || stalled === 0) return undefined;
  const words = stallWords({ stalled, rounds: point.count });
  return arm === undefined ? words : `${ARM_LABELS[arm]} ${words}`;
}

/** Neighbouring sizes with the same outcome. */
export type Group = {
  readonly verdict: Verdict | Doubt | 'early' | 'stalled';
  readonly members: At[];
};

export function groupsOf(places: readonly At[]): Group[] {
  const groups: Group[] = [];
  for (const at of places) {
    const verdict = verdictOfAt(at);
    const last = groups.at(-1);
    if (last?.verdict === verdict && last.members[0]?.stall === at.stall) last.members.push(at);
    else groups.push({ verdict, members: [at] });
  }
  return groups;
}

/** What is said of a size: nothing for or against a bypass by which hardly anything went. */
export function verdictOfAt({ point, ratio, stall }: At): Group['verdict'] {
  if (point.doubt) return point.doubt;
  if (stall !== undefined || ratio === undefined) return 'stalled';
  return ratio.interval ? verdictOf(ratio) : 'early';
}

export const ratiosOf = ({ members }: Group): number[] =>
  members.flatMap(({ ratio }) => (ratio ? [ratio.ratio] : []));

export function outcome(group: Group): string {
  switch (group.verdict) {
    case 'early':
      return 'too few rounds to compare';
    case 'same':
      return 'no difference that matters';
    case 'unclear':
      return 'inconclusive';
    case 'tcp':
      return 'hardly a byte redirected';
    case 'shared':
      return 'an unknown part redirected';
    case 'stalled':
      return group.members[0]?.stall ?? '';
    default:
      return changes(ratiosOf(group));
  }
}

export function placeOf({ members }: Group, sizes: number): string {
  const [first, last] = [
    bytes(members[0]?.point.bytes ?? 0),
    bytes(members.at(-1)?.point.bytes ?? 0),
  ];
  if (members.length === 1) return `at ${first}`;
  if (members.length < sizes) return `from ${first} to ${last}`;
  return sizes === 2 ? 'at both sizes' : `at all ${sizes} sizes`;
}
