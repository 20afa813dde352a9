import { max } from 'simple-statistics';
import { withMetric, type Figure, type Point, type Series } from './figure.ts';
import { change, changes, decimal, number, part, percent, withUnit } from './format.ts';
import { lazily } from './lazily.ts';
import { noiseOf } from './noise.ts';
import { isCoarse } from './pointText.ts';
import { proofWords } from './bypassedShare.ts';
import { recommendation } from './recommendation.ts';
import type { Run } from './runs.ts';
import { doubtOf } from './samples.ts';
import { unpairedRatio, verdictOf } from './statistics.ts';
import { ARM_LABELS, BYPASSES } from './arms.ts';
import { type FigureId, type LatencyMetric } from './quantities.ts';
import { bytes } from './sizes.ts';
import {
  atOf,
  comparedOf,
  groupsOf,
  measured,
  otherOf,
  outcome,
  placeOf,
  placesOf,
  seriesOfRun,
  subjectsOf,
  verdictOfAt,
  type At,
  type Compared,
  type Group,
} from './verdicts.ts';

type Figures = Readonly<Record<FigureId, Figure>>;

/**
 * What each figure shows, in sentences: only what the data bear out, run by run.
 * @param metric the quantity of the latency figure.
 */
export function findingsOf(
  figures: Figures,
  runs: readonly Run[],
  metric: LatencyMetric = 'p50',
): Record<FigureId, string[]> {
  const of = (id: FigureId, words: (run: number) => string[]) => (): string[] => {
    const { absent } = figures[id];
    // Why nothing is compared is said size by size.
    if (absent !== undefined && !(id === 'overview' && isDoubted(figures))) return [absent];
    return runs.flatMap(({ label }, run) => {
      const sentences = words(run);
      return runs.length > 1 && sentences.length > 0
        ? [`${label}: ${sentences.join(' ')}`]
        : sentences;
    });
  };
  return lazily<FigureId, string[]>({
    overview: of('overview', (run) => [
      ...recommendation(figures, run),
      ...runs.slice(run, run + 1).flatMap(({ document }) => noiseOf(document)),
    ]),
    fig2: of('fig2', (run) => throughputWords(figures.fig2, run)),
    fig3: of('fig3', (run) => [...throughputWords(figures.fig3, run), ...nagleWords(figures, run)]),
    fig4: of('fig4', (run) => {
      const figure = withMetric(figures.fig4, metric);
      return [
        ...without(figure, run),
        ...subjectsOf(figure, run)
          .slice(0, 1)
          .flatMap((series) => comparison(figure, series)),
        ...movement(figure, run),
        ...requestWords(figure, run),
        ...stepWords(figures, run, metric),
        ...proof(figure, run),
      ];
    }),
    fig5: of('fig5', (run) => [
      ...without(figures.fig5, run),
      ...subjectsOf(figures.fig5, run).flatMap((series) => comparison(figures.fig5, series)),
      ...inverseWords(figures, run),
    ]),
    fig6: of('fig6', (run) => [
      ...without(figures.fig6, run),
      ...subjectsOf(figures.fig6, run).flatMap((series) => comparison(figures.fig6, series)),
      ...requestWords(figures.fig6, run),
    ]),
    fig7: of('fig7', (run) => [
      ...seriesOfRun(figures.fig7, run).flatMap((series) => kernelWords(series)),
      ...proof(figures.fig7, run),
    ]),
  });
}

const isDoubted = ({ fig2, fig3, fig5 }: Figures): boolean =>
  [fig2, fig3, fig5].some(({ series }) =>
    series.some(({ points }) => points.some((point) => point?.doubt !== undefined)),
  );

/** `Bypass`, `Bypass, 64 B requests`: without the run's name, which stands before the sentence. */
const nameOf = (figure: Figure, { arm, requestBytes }: Series): string => {
  const several = new Set(figure.series.map((series) => series.requestBytes)).size > 1;
  const requests =
    several && requestBytes !== undefined ? `, ${bytes(requestBytes)} requests,` : '';
  return `${ARM_LABELS[arm]}${requests}`;
};

const proof = (figure: Figure, run: number): string[] =>
  BYPASSES.flatMap((arm) =>
    proofWords(
      subjectsOf(figure, run).filter((series) => series.arm === arm),
      figure.sizes,
    ),
  );

/** Why nothing is compared, if nothing can be. */
function without(figure: Figure, run: number): string[] {
  const subjects = subjectsOf(figure, run);
  const [first] = subjects;
  if (!first) return ['No samples of the bypass yet.'];
  return subjects.some(({ against }) => against !== undefined)
    ? []
    : [`${ARM_LABELS[first.arm]} is measured alone here: there is nothing to compare it with.`];
}

/** The arm against its baseline over all sizes, in one sentence. */
function comparison(figure: Figure, series: Series): string[] {
  if (series.against === undefined) return [];
  const baseline = otherOf(figure, series);
  const name = nameOf(figure, series);
  const other = ARM_LABELS[series.against];
  if (!baseline) return [`No samples of ${other} to compare with yet.`];
  const places = placesOf(figure, series);
  const [first] = places;
  if (!first) return [`No round has both ${name} and ${other} yet.`];
  const partner = baseline.points[series.points.indexOf(first.point)];
  if (places.length === 1 && partner && first.ratio) {
    return [single(figure, name, other, { ...first.point, ratio: first.ratio }, partner)];
  }
  const groups = groupsOf(places);
  const phrases = groups.map((group) => `${outcome(group)} ${placeOf(group, places.length)}`);
  return [`${name} ${figure.quantity} against ${other}: ${phrases.join('; ')}.`];
}

function single(
  { unit, quantity }: Figure,
  name: string,
  other: string,
  point: Compared,
  partner: Point,
): string {
  const values =
    `At ${point.label}, ${name} ${quantity} is ${withUnit(point.median, unit)}, ` +
    `${other} ${withUnit(partner.median, unit)} (medians)`;
  const { interval, ratio } = point.ratio;
  if (!interval) return `${values}: one round so far, too little to compare.`;
  const range = `95% interval ${between(interval.low, interval.high)}`;
  // The change is that within the rounds, which the medians alone need not give.
  const words = {
    higher: `${change(ratio)} round by round`,
    lower: `${change(ratio)} round by round`,
    same: 'no difference that matters',
    unclear: 'inconclusive',
  }[verdictOf(point.ratio)];
  return `${values}: ${words} (${range}).`;
}

function between(low: number, high: number): string {
  const oneSide = high < 1 || low > 1;
  return oneSide ? changes([low, high]) : `${change(low)} to ${change(high)}`;
}

function throughputWords(figure: Figure, run: number): string[] {
  const subjects = subjectsOf(figure, run);
  const [first] = subjects;
  return [
    ...without(figure, run),
    ...subjects.flatMap((series) => comparison(figure, series)),
    ...(first ? [...overtaking(figure, first), ...growth(figure, first)] : []),
    ...proof(figure, run),
  ];
}

/** The article's question: from which message size on the bypass is ahead. */
function overtaking(figure: Figure, series: Series): string[] {
  const places = placesOf(figure, series);
  if (places.length < 2 || series.against === undefined) return [];
  const other = ARM_LABELS[series.against];
  const name = ARM_LABELS[series.arm];
  const verdicts = places.map(verdictOfAt);
  const size = (place: number) => bytes(places[place]?.point.bytes ?? 0);
  const known = (of: readonly Group['verdict'][]) =>
    of.every((verdict) => ['higher', 'lower', 'same'].includes(verdict));
  const ahead = verdicts.indexOf('higher');
  if (ahead === -1) {
    return known(verdicts)
      ? [`${name} does not overtake ${other} up to ${size(places.length - 1)}.`]
      : [];
  }
  // It was behind, or level, right before, and is not behind again; what is further down, or noisy
  // further up, does not move the crossing.
  const before = verdicts.slice(0, ahead);
  const behindLater = verdicts.slice(ahead).includes('lower');
  if (ahead === 0 || behindLater || !known(before.slice(-1))) return [];
  return [`${name} overtakes ${other} between ${size(ahead - 1)} and ${size(ahead)}.`];
}

/** Whether throughput grows in step with the message, as a cost for each call alone would have it. */
function growth(figure: Figure, series: Series): string[] {
  const baseline = otherOf(figure, series);
  const [first, last] = endsOf(series);
  const [low, high] = [first, last].map((end) =>
    baseline?.points.find((point) => point?.bytes === end?.bytes),
  );
  if (!first || !last || !low || !high || first === last) return [];
  if (first.median === 0 || low.median === 0) return [];
  const times = (a: Point, b: Point) => {
    const grown = b.median / a.median;
    return grown < 1.15 ? 'not' : `${number(Number(grown.toPrecision(2)))} times`;
  };
  return [
    `From ${bytes(first.bytes)} to ${bytes(last.bytes)} the message grows ` +
      `${number(Number((last.bytes / first.bytes).toPrecision(4)))} times, the throughput of ` +
      `${ARM_LABELS[series.arm]} ${times(first, last)}, that of ` +
      `${ARM_LABELS[baseline?.arm ?? 'tcp']} ${times(low, high)}.`,
  ];
}

/** The first and the last size at which it was measured as what it is called. */
const endsOf = (series: Series): [Point | undefined, Point | undefined] =>
  endsIn(measured(series).filter(({ details }) => doubtOf(details) === undefined));
const endsIn = (points: readonly Point[]): [Point | undefined, Point | undefined] => {
  return [points[0], points.at(-1)];
};

/** What Nagle's algorithm does for TCP: the same stream with and without it. */
function nagleWords({ overview }: Figures, run: number): string[] {
  const series = seriesOfRun(overview, run).find(
    ({ arm, requestBytes }) => arm === 'tcp-nodelay' && requestBytes === undefined,
  );
  if (!series) return [];
  const compared = comparedOf(series);
  if (compared.length === 0) return [];
  const phrases = groupsOf(compared.map(atOf)).map(
    (group) => `${outcome(group)} ${placeOf(group, Infinity)}`,
  );
  return [`Without Nagle’s algorithm, TCP throughput against TCP with it: ${phrases.join('; ')}.`];
}

/** How latency moves with the response's size. */
function movement(figure: Figure, run: number): string[] {
  const [subject] = subjectsOf(figure, run);
  const baseline = subject && otherOf(figure, subject);
  const [first, last] = subject ? endsOf(subject) : [];
  if (!subject || !first || !last || first === last) return [];
  const moves = (series: Series): string => {
    const [from, to] = [first, last].map((end) =>
      series.points.find((point) => point?.bytes === end.bytes),
    );
    return `${ARM_LABELS[series.arm]} from ${number(from?.median ?? 0)} to ${number(to?.median ?? 0)} ${figure.unit}`;
  };
  const both = [subject, ...(baseline ? [baseline] : [])].map(moves).join(', ');
  return [
    `As responses grow from ${bytes(first.bytes)} to ${bytes(last.bytes)}, ${figure.quantity} moves: ${both}.`,
  ];
}

/** Whether the request's size matters, at equal response sizes: the largest against the smallest. */
function requestWords(figure: Figure, run: number): string[] {
  const lines = seriesOfRun(figure, run);
  const requests = lines.flatMap(({ requestBytes }) => requestBytes ?? []);
  const [small, large] = [Math.min(...requests), Math.max(...requests)];
  if (small >= large) return [];
  const told = [...BYPASSES, 'tcp' as const].flatMap((arm) => {
    const line = (bytes: number) =>
      lines.find((series) => series.arm === arm && series.requestBytes === bytes);
    const [low, high] = [line(small), line(large)];
    const compared = (high?.points ?? []).flatMap((point, place): At[] => {
      const other = low?.points[place];
      if (!point || !other) return [];
      const doubt = doubtOf(point.details) ?? doubtOf(other.details);
      if (doubt) return [{ point: { ...point, doubt } }];
      const step = Math.max(point.step ?? 0, other.step ?? 0);
      const ratio = unpairedRatio(point.values, other.values, step);
      return ratio ? [{ point, ratio }] : [];
    });
    if (compared.length === 0) return [];
    const phrases = groupsOf(compared).map(
      (group) => `${outcome(group)} ${placeOf(group, compared.length)}`,
    );
    return [`${ARM_LABELS[arm]} ${phrases.join(', ')}`];
  });
  return told.length === 0
    ? []
    : [
        `With requests of ${bytes(large)} instead of ${bytes(small)}, ${figure.quantity}: ${told.join('; ')}.`,
      ];
}

/** netperf's percentiles are whole µs, and coarser from 100 µs on. */
function stepWords({ fig4 }: Figures, run: number, metric: LatencyMetric): string[] {
  if (metric === 'mean') return [];
  const [subject] = subjectsOf(withMetric(fig4, metric), run);
  const coarse = subject && measured(subject).find((point) => isCoarse(point));
  if (!subject || coarse?.step === undefined) return [];
  const means = withMetric(fig4, 'mean').series.filter(
    (series) =>
      series.run === run &&
      series.requestBytes === subject.requestBytes &&
      [subject.arm, subject.against].includes(series.arm),
  );
  const values = means.flatMap(({ arm, points }) => {
    const point = points.find((each) => each?.bytes === coarse.bytes);
    const { stddevUs } = point?.details ?? {};
    if (!point) return [];
    const spread = stddevUs === undefined ? '' : ` (standard deviation ${decimal(stddevUs)})`;
    return [`${ARM_LABELS[arm]} ${decimal(point.median)} µs${spread}`];
  });
  return [
    `netperf counts percentiles in steps of ${number(coarse.step)} µs, which is ` +
      `${part(coarse.step / coarse.median)} of ${number(coarse.median)} µs; ` +
      `the means at ${coarse.label} are finer: ${values.join(', ')}.`,
  ];
}

/** One transaction at a time: the rate is the inverse of the mean, or something is wrong. */
function inverseWords({ fig4, fig5 }: Figures, run: number): string[] {
  const rates = seriesOfRun(fig5, run);
  const means = withMetric(fig4, 'mean').series.filter((series) => series.run === run);
  const errors = rates.flatMap((rate) => {
    const mean = means.find(
      ({ arm, requestBytes }) => arm === rate.arm && requestBytes === rate.requestBytes,
    );
    return rate.points.flatMap((point, place) => {
      // Sample by sample: the medians of either need not be of the same one.
      const others = mean?.points[place]?.values ?? [];
      return (point?.values ?? []).flatMap((value, index) => {
        const other = others[index];
        return other === undefined ? [] : [Math.abs((value * other) / 1e6 - 1)];
      });
    });
  });
  if (errors.length === 0) return [];
  const worst = max(errors);
  return [
    worst <= 0.1
      ? `It is the inverse of the mean latency, within ${percent(1 + Math.max(worst, 0.001))}.`
      : `It is up to ${percent(1 + worst)} off the inverse of the mean latency: the host was busy with something else in between.`,
  ];
}

function kernelWords(series: Series): string[] {
  const name = ARM_LABELS[series.arm];
  const [first, last] = endsIn(measured(series));
  if (!first || !last) return [];
  const at = (point: Point) =>
    `${number(point.median)} s of 60 s at ${bytes(point.bytes)} (${part(point.median / 60)} of one CPU)`;
  const ends = first === last ? at(first) : `${at(first)} and ${at(last)}`;
  const most = measured(series).reduce((a, b) => (b.median > a.median ? b : a));
  const peak =
    most === first || most === last
      ? undefined
      : `it is most at ${bytes(most.bytes)}, ${number(most.median)} s`;
  const trend = last.median < first.median * 0.9 ? 'it falls as messages grow' : undefined;
  const rising = last.median > first.median * 1.1 ? 'it rises as messages grow' : undefined;
  const words =
    first === last ? '' : `: ${peak ?? trend ?? rising ?? 'about the same at every size'}`;
  const calls = measured(series).flatMap(({ details }) => details.nanosecondsPerRun ?? []);
  const [low, high] = [Math.min(...calls), Math.max(...calls)].map((each) => Math.round(each));
  const cost =
    calls.length === 0
      ? []
      : [
          `A call takes ${low === high ? number(low ?? 0) : `${number(low ?? 0)} to ${number(high ?? 0)}`} ns.`,
        ];
  const shared = measured(series).some(({ details }) => details.shared !== undefined)
    ? ['Other programs used the same bypass meanwhile: the time is theirs, too.']
    : [];
  return [`${name} spends ${ends} in its BPF programs${words}.`, ...shared, ...cost];
}
