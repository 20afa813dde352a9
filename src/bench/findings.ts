import { max } from 'simple-statistics';
import type { Arm } from './document.ts';
import { withMetric, type Figure, type Point, type Run, type Series } from './figures.ts';
import { change, changes, decimal, factor, number, part, percent, withUnit } from './format.ts';
import { lazily } from './lazily.ts';
import { noiseOf } from './noise.ts';
import { HARDLY, proofWords } from './proof.ts';
import { unpairedRatio, verdictOf, type Ratio, type Verdict } from './statistics.ts';
import { ARM_LABELS, bytes, stallWords, type FigureId, type LatencyMetric } from './summary.ts';

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
    if (absent !== undefined) return [absent];
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

const BYPASSES: readonly Arm[] = ['bypass', 'bypass-classic'];

const seriesOfRun = (figure: Figure, run: number): Series[] =>
  figure.series.filter((series) => series.run === run);

/** The bypass's series of a run, the guarded one's first. */
const subjectsOf = (figure: Figure, run: number): Series[] =>
  seriesOfRun(figure, run)
    .filter(({ arm }) => BYPASSES.includes(arm))
    .sort((a, b) => BYPASSES.indexOf(a.arm) - BYPASSES.indexOf(b.arm));

/** The series that one is compared with. */
const otherOf = (
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

const measured = ({ points }: Series): Point[] => points.filter((point) => point !== undefined);

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
  const isProven = !['tcp', 'shared'].includes(verdictFor(series)(first));
  if (places.length === 1 && partner && first.ratio && isProven) {
    return [single(figure, name, other, { ...first.point, ratio: first.ratio }, partner)];
  }
  const groups = groupsOf(places, verdictFor(series));
  const phrases = groups.map((group) => `${outcome(group)} ${placeOf(group, places.length)}`);
  return [`${name} ${figure.quantity} against ${other}: ${phrases.join('; ')}.`];
}

type Compared = Point & { readonly ratio: Ratio };

const comparedOf = (series: Series): Compared[] =>
  measured(series).filter((point): point is Compared => point.ratio !== undefined);

const atOf = (point: Compared): At => ({ point, ratio: point.ratio });

/** One size: compared, or why it is not. */
type At = {
  readonly point: Point;
  readonly ratio?: Ratio | undefined;
  /** `stalled in 1 of 4 rounds`. */
  readonly stall?: string | undefined;
};

/** The sizes at which a series and its baseline were measured, those that stalled among them. */
function placesOf(figure: Figure, series: Series): At[] {
  const other = otherOf(figure, series);
  return series.points.flatMap((point, place): At[] => {
    if (!point) return [];
    if (point.ratio) return [{ point, ratio: point.ratio }];
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

/** Neighbouring sizes with the same outcome. */
type Group = {
  readonly verdict: Verdict | 'early' | 'tcp' | 'shared' | 'stalled';
  readonly members: At[];
};

/** @param verdictOfPlace what is said of a size. */
function groupsOf(
  places: readonly At[],
  verdictOfPlace: (at: At) => Group['verdict'] = verdictOfAt,
): Group[] {
  const groups: Group[] = [];
  for (const at of places) {
    const verdict = verdictOfPlace(at);
    const last = groups.at(-1);
    if (last?.verdict === verdict && last.members[0]?.stall === at.stall) last.members.push(at);
    else groups.push({ verdict, members: [at] });
  }
  return groups;
}

function verdictOfAt({ ratio, stall }: At): Group['verdict'] {
  if (stall !== undefined || ratio === undefined) return 'stalled';
  return ratio.interval ? verdictOf(ratio) : 'early';
}

/** Where hardly anything went by the bypass, nothing can be said for or against it. */
function bypassVerdict(at: At): Group['verdict'] {
  const { bypassed = 1, shared } = at.point.details;
  if (bypassed >= HARDLY) return verdictOfAt(at);
  return shared === undefined ? 'tcp' : 'shared';
}

const verdictFor = ({ arm }: Pick<Series, 'arm'>): ((at: At) => Group['verdict']) =>
  BYPASSES.includes(arm) ? bypassVerdict : verdictOfAt;

const ratiosOf = ({ members }: Group): number[] =>
  members.flatMap(({ ratio }) => (ratio ? [ratio.ratio] : []));

function outcome(group: Group): string {
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

function placeOf({ members }: Group, sizes: number): string {
  const [first, last] = [
    bytes(members[0]?.point.bytes ?? 0),
    bytes(members.at(-1)?.point.bytes ?? 0),
  ];
  if (members.length === 1) return `at ${first}`;
  if (members.length < sizes) return `from ${first} to ${last}`;
  return sizes === 2 ? 'at both sizes' : `at all ${sizes} sizes`;
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
  const verdicts = places.map(verdictFor(series));
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
  const [low, high] = baseline ? endsOf(baseline) : [];
  if (!first || !last || !low || !high || first === last) return [];
  if (low.bytes !== first.bytes || high.bytes !== last.bytes) return [];
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

const endsOf = (series: Series): [Point | undefined, Point | undefined] => {
  const points = measured(series);
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
  return [`Without Nagle’s algorithm, TCP throughput is ${phrases.join('; ')}.`];
}

/** How latency moves with the response's size. */
function movement(figure: Figure, run: number): string[] {
  const [subject] = subjectsOf(figure, run);
  const baseline = subject && otherOf(figure, subject);
  const [first, last] = subject ? endsOf(subject) : [];
  if (!subject || !first || !last || first === last) return [];
  const moves = (series: Series): string => {
    const [from, to] = endsOf(series);
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
    const compared = (high?.points ?? []).flatMap((point, place): Compared[] => {
      const other = low?.points[place];
      if (!point || !other) return [];
      const step = Math.max(point.step ?? 0, other.step ?? 0);
      const ratio = unpairedRatio(point.values, other.values, step);
      return ratio ? [{ ...point, ratio }] : [];
    });
    if (compared.length === 0) return [];
    const phrases = groupsOf(compared.map(atOf), verdictFor({ arm })).map(
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

/** From this share of a value on, a step of the histogram hides differences people ask about. */
const STEP_MATTERS = 0.02;

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

/** Whether a step of the histogram is a share of the value that matters. */
export const isCoarse = ({ step, median }: Pick<Point, 'step' | 'median'>): boolean =>
  step !== undefined && step / median >= STEP_MATTERS;

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
  const [first, last] = endsOf(series);
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

type Traffic = { readonly words: string; readonly figure: Figure };

/** Worth it for which traffic, on this host, and when not. */
function recommendation({ fig2, fig3, fig5 }: Figures, run: number): string[] {
  const traffics: readonly Traffic[] = [
    { words: 'requests and responses', figure: fig5 },
    { words: 'one-way streams', figure: fig2 },
    { words: 'one-way streams of programs that set TCP_NODELAY', figure: fig3 },
  ];
  const subjects = traffics.flatMap(({ words, figure }) =>
    subjectsOf(figure, run)
      .map((series) => ({ words, series, places: placesOf(figure, series) }))
      .filter(({ places }) => places.length > 0),
  );
  const arm = BYPASSES.find((each) => subjects.some(({ series }) => series.arm === each));
  const own = subjects.filter(({ series }) => series.arm === arm);
  const against = own[0]?.series.against;
  if (arm === undefined || against === undefined) {
    return ['No samples of the bypass to compare with another arm yet.'];
  }
  const of = (...verdicts: Group['verdict'][]): string[] =>
    own.flatMap(({ words, series, places }) => {
      const told = groupsOf(places, verdictFor(series))
        .filter(({ verdict }) => verdicts.includes(verdict))
        .map((group) => {
          const place = placeOf(group, places.length);
          if (group.verdict === 'stalled') return `${place} (${outcome(group)})`;
          const much = ['higher', 'lower'].includes(group.verdict)
            ? ` (${speeds(ratiosOf(group))})`
            : '';
          return `${place}${much}`;
        });
      return told.length === 0 ? [] : [`${words} ${told.join(' and ')}`];
    });
  const list = (start: string, members: string[]): string[] =>
    members.length === 0 ? [] : [`${start} ${members.join('; ')}.`];
  const name = ARM_LABELS[arm];
  const gains = of('higher');
  const losses = of('lower');
  const equal = of('same');
  const open = of('unclear', 'early', 'stalled');
  const isTcp = against === 'tcp' || against === 'tcp-nodelay';
  const other = ARM_LABELS[against];
  if (!isTcp) {
    return [
      `TCP was not measured: ${name} is compared with ${other}.`,
      ...list(`On this host ${name} is faster for`, gains),
      ...list(`${other} is faster for`, losses),
      ...list('No difference that matters for', equal),
      ...list('This run does not decide', open),
    ];
  }
  return [
    ...(gains.length > 0
      ? list(`On this host ${name} is worth it for`, gains)
      : [
          open.length > 0 || losses.length + equal.length === 0
            ? 'Nothing measured here is clearly faster over the bypass yet.'
            : 'Nothing measured here is clearly faster over the bypass: leave it off on this host.',
        ]),
    ...list('Leave TCP in place for', losses),
    ...list('No difference that matters for', equal),
    ...list('Hardly a byte went by the bypass, and nothing can be said of it, for', of('tcp')),
    ...list(
      'Other programs used the same bypass, and whether netperf’s bytes went by it is not known, for',
      of('shared'),
    ),
    ...list('This run does not decide', open),
    ...(arm === 'bypass-classic'
      ? ['Only the classic policy was measured: a yardstick, not meant to be left on.']
      : []),
  ];
}

/** `20% to 50% faster`, `2.1 times as fast`. */
const speeds = (ratios: readonly number[]): string =>
  changes(ratios)
    .replace('times as high', 'times as fast')
    .replace('higher', 'faster')
    .replace('lower', 'slower');

/** `12.35 Gbit/s (12.1 to 12.5, 3 samples), 1.42 × TCP`. */
export function pointText(figure: Figure, { against }: Series, point: Point): string {
  const { unit } = figure;
  const { median, low, high, interval, count, ratio } = point;
  if (figure.id === 'overview') {
    const range = ratio?.interval ? `95% interval ${factor(low)} to ${factor(high)}, ` : '';
    return `${factor(median)} ${unit} (${range}${rounds(count)})`;
  }
  const [from, to] = [interval?.low ?? low, interval?.high ?? high].map(number);
  const range = `${interval ? '95% interval ' : ''}${from ?? ''} to ${to ?? ''}`;
  const samples = count === 1 ? '1 sample' : `${range}, ${count} samples`;
  const times =
    ratio && against !== undefined ? `, ${factor(ratio.ratio)} × ${ARM_LABELS[against]}` : '';
  const step = isCoarse(point) ? `, in steps of ${number(point.step ?? 0)} µs` : '';
  return `${withUnit(median, unit)} (${samples}${step})${times}`;
}

const rounds = (count: number): string => (count === 1 ? '1 round' : `${count} rounds`);

/** In words, in the direction of the figure. */
export function verdictText(
  series: Series,
  point: Point,
  better: Figure['better'],
): string | undefined {
  if (!point.ratio) return undefined;
  const words = {
    higher: better === 'higher' ? 'faster' : 'slower',
    lower: better === 'higher' ? 'slower' : 'faster',
    same: 'no difference',
    unclear: 'inconclusive',
    early: 'inconclusive',
    stalled: 'inconclusive',
    tcp: 'hardly redirected',
    shared: 'unknown part redirected',
  };
  return words[verdictFor(series)({ point, ratio: point.ratio })];
}

/** Whether one is faster than the other for sure, and is what it is called. */
export const isDecided = (series: Series, point: Point): boolean =>
  ['faster', 'slower'].includes(verdictText(series, point, 'higher') ?? '');
