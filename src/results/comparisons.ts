import type { Figure, Point, Series } from './figure.ts';
import type { Finding, Subject } from './finding.ts';
import { BYPASSES } from './arms.ts';
import { ratioOfRuns } from './ratios.ts';
import { doubtOf } from './samples.ts';
import {
  measured,
  otherOf,
  outcomesOf,
  placesOf,
  seriesOfRun,
  subjectsOf,
  verdictOfAt,
  type At,
} from './verdicts.ts';

/** Why a run's bypass is compared with nothing, if it is. */
export function uncompared(figure: Figure, run: number): Finding[] {
  const subjects = subjectsOf(figure, run);
  const [first] = subjects;
  if (!first) return [{ kind: 'noBypass' }];
  const isAlone = subjects.every(({ against }) => against === undefined);
  return isAlone ? [{ kind: 'alone', arm: first.arm }] : [];
}

/** An arm against its baseline over all sizes. */
export function comparison(figure: Figure, series: Series): Finding[] {
  const { against, arm, requestBytes } = series;
  if (against === undefined) return [];
  const baseline = otherOf(figure, series);
  if (!baseline) return [{ kind: 'noBaseline', against }];
  const several = new Set(figure.series.map((each) => each.requestBytes)).size > 1;
  const subject: Subject = { arm, ...(several && { requestBytes }) };
  const places = placesOf(figure, series);
  const [first] = places;
  if (!first) return [{ kind: 'noCommonRound', subject, against }];
  const { quantity, unit } = figure;
  const { label: at, median } = first.point;
  const partner = baseline.points[series.points.indexOf(first.point)];
  if (places.length === 1 && partner && first.ratio) {
    const { ratio } = first;
    const { median: other } = partner;
    return [
      { kind: 'oneSize', subject, against, quantity, unit, at, median, baseline: other, ratio },
    ];
  }
  return [{ kind: 'compared', subject, against, quantity, ...outcomesOf(places) }];
}

/** The article's question: from which message size on the bypass is ahead. */
export function crossing(figure: Figure, series: Series): Finding[] {
  const { arm, against } = series;
  const places = placesOf(figure, series);
  if (places.length < 2 || against === undefined) return [];
  const verdicts = places.map(verdictOfAt);
  const size = (place: number) => places[place]?.point.bytes ?? 0;
  const isKnown = (verdict: string) => ['higher', 'lower', 'same'].includes(verdict);
  const ahead = verdicts.indexOf('higher');
  if (ahead === -1) {
    const upTo = size(places.length - 1);
    return verdicts.every(isKnown) ? [{ kind: 'neverAhead', arm, against, upTo }] : [];
  }
  // It was behind, or level, right before, and is not behind again; what is further down, or noisy
  // further up, does not move the crossing.
  const before = verdicts.slice(0, ahead);
  const behindLater = verdicts.slice(ahead).includes('lower');
  if (ahead === 0 || behindLater || !before.slice(-1).every(isKnown)) return [];
  return [{ kind: 'overtakes', arm, against, behind: size(ahead - 1), ahead: size(ahead) }];
}

/** Whether throughput grows in step with the message, as a cost for each call alone would have it. */
export function growth(figure: Figure, series: Series): Finding[] {
  const other = otherOf(figure, series);
  const [first, last] = endsOf(series);
  if (!first || !last || !other || first === last) return [];
  const [low, high] = [first, last].map((end) => at(other, end.bytes));
  if (!low || !high || first.median === 0 || low.median === 0) return [];
  return [
    {
      kind: 'growth',
      from: first.bytes,
      to: last.bytes,
      subject: { arm: series.arm, from: first.median, to: last.median },
      baseline: { arm: other.arm, from: low.median, to: high.median },
    },
  ];
}

const at = ({ points }: Series, bytes: number): Point | undefined =>
  points.find((point) => point?.bytes === bytes);

/** The first and the last size at which it was measured as what it is called. */
function endsOf(series: Series): [Point | undefined, Point | undefined] {
  const points = measured(series).filter(({ details }) => doubtOf(details) === undefined);
  return [points[0], points.at(-1)];
}

/** The effect of Nagle's algorithm on TCP: the same stream with and without it. */
export function nagle(overview: Figure, run: number): Finding[] {
  const series = seriesOfRun(overview, run).find(
    ({ arm, requestBytes }) => arm === 'tcp-nodelay' && requestBytes === undefined,
  );
  const places = series === undefined ? [] : measured(series).filter(({ ratio }) => ratio);
  const { outcomes } = outcomesOf(places.map((point) => ({ point, ratio: point.ratio })));
  return outcomes.length === 0 ? [] : [{ kind: 'nagle', outcomes }];
}

/** How latency moves with the response's size. */
export function movement(figure: Figure, run: number): Finding[] {
  const [subject] = subjectsOf(figure, run);
  const baseline = subject && otherOf(figure, subject);
  const [first, last] = subject ? endsOf(subject) : [];
  if (!subject || !first || !last || first === last) return [];
  const { quantity, unit } = figure;
  const lines = [subject, ...(baseline ? [baseline] : [])].map((series) => ({
    arm: series.arm,
    from: at(series, first.bytes)?.median ?? 0,
    to: at(series, last.bytes)?.median ?? 0,
  }));
  return [{ kind: 'movement', quantity, unit, from: first.bytes, to: last.bytes, lines }];
}

/** Whether the request's size matters, at equal response sizes: the largest against the smallest. */
export function requestSizes(figure: Figure, run: number): Finding[] {
  const all = seriesOfRun(figure, run);
  const requests = all.flatMap(({ requestBytes }) => requestBytes ?? []);
  const [small, large] = [Math.min(...requests), Math.max(...requests)];
  if (small >= large) return [];
  const lines = [...BYPASSES, 'tcp' as const].flatMap((arm) => {
    const line = (bytes: number) =>
      all.find((series) => series.arm === arm && series.requestBytes === bytes);
    const [low, high] = [line(small), line(large)];
    const compared = (high?.points ?? []).flatMap((point, place): At[] => {
      const other = low?.points[place];
      if (!point || !other) return [];
      const step = Math.max(point.step ?? 0, other.step ?? 0);
      const sides = [point.details, other.details];
      const { ratio, doubt } = ratioOfRuns(sides, point.values, other.values, step);
      if (doubt) return [{ point: { ...point, doubt } }];
      return ratio ? [{ point, ratio }] : [];
    });
    return compared.length === 0 ? [] : [{ arm, ...outcomesOf(compared) }];
  });
  const { quantity } = figure;
  return lines.length === 0 ? [] : [{ kind: 'requestSizes', quantity, small, large, lines }];
}
