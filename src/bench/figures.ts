import { median } from 'simple-statistics';
import type { Arm, ResultDocument, Sample } from './document.ts';
import { lazily } from './lazily.ts';
import { bypassedPart, groupBy, isCompared, isShared, pairsByRound } from './samples.ts';
import { pairedRatio, spreadOf, type Ratio, type Spread } from './statistics.ts';
import {
  ARM_LABELS,
  ARM_ORDER,
  baselineOf,
  bytes,
  LATENCY_METRICS,
  METRIC_LABELS,
  percentileStepUs,
  type FigureId,
  type LatencyMetric,
} from './summary.ts';

/** A document under the name that tells it from the others shown with it. */
export type Run = { readonly document: ResultDocument; readonly label: string };

/**
 * What one chart shows, before anything is drawn. Charts, tables, exports and findings are all made
 * of it, so that they cannot differ.
 */
export type Figure = {
  readonly id: FigureId;
  /** `Fig. 2`, as in the article. */
  readonly name: string;
  readonly title: string;
  readonly xTitle: string;
  /** Says the unit, and which direction is better. */
  readonly yTitle: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** What a value is, inside a sentence: `throughput`. */
  readonly quantity: string;
  /** The places on the x axis, in bytes, ascending: planned or measured. */
  readonly sizes: readonly number[];
  readonly series: readonly Series[];
  /** Only where nothing was measured: what is missing and how to get it. */
  readonly absent?: string;
};

/** One line of a figure: an arm of a run, and of what else the figure tells apart. */
export type Series = {
  /** Unique within the figure. */
  readonly key: string;
  readonly label: string;
  readonly arm: Arm;
  /** Index into the runs. */
  readonly run: number;
  /** What tells it from the other series of its arm and run: equal numbers look alike everywhere. */
  readonly variant: number;
  /** The same in words; empty where an arm has one series of a run only. */
  readonly variantLabel: string;
  /** Empty where there is only one run. */
  readonly runLabel: string;
  /** Of latency and transaction rates. */
  readonly requestBytes?: number;
  /** Of latency. */
  readonly metric?: LatencyMetric;
  /** What the ratios of its points compare with; absent where there is nothing to compare. */
  readonly against?: Arm;
  /** An entry for each of the figure's sizes, undefined where nothing was measured. */
  readonly points: readonly (Point | undefined)[];
};

/** One mark on the chart, in the figure's unit. */
export type Point = Spread & {
  readonly bytes: number;
  /** `64 B`; for round trips request and response, `64 B / 1 KiB`. */
  readonly label: string;
  /** What `low` and `high` are of: samples, or rounds of a ratio. */
  readonly count: number;
  /** The raw values. */
  readonly values: readonly number[];
  /** Compared with what the series is against, by round; absent where no round has both, or one stalled. */
  readonly ratio?: Ratio;
  /** How coarsely the values were recorded, in the unit; absent where it does not matter. */
  readonly step?: number;
  readonly details: Details;
};

/** What a table tells beside the values: medians of the samples, or sums where it says so. */
export type Details = {
  /** µs: of a percentile, what it was a part of; its spread within a sample. */
  readonly meanUs?: number;
  readonly stddevUs?: number;
  /** Percent of the host's CPU time. */
  readonly cpuClient?: number;
  readonly cpuServer?: number;
  /** CPU time for the work: µs per KB of a stream, µs per transaction. */
  readonly demandClient?: number;
  readonly demandServer?: number;
  /** ns for each call of the BPF programs. */
  readonly nanosecondsPerRun?: number;
  /** The part of the bytes that went by the bypass, 0 to 1; where it was `shared`, at least. */
  readonly bypassed?: number;
  /** In how many samples other programs used the bypass as well. */
  readonly shared?: number;
  /** Sums. */
  readonly redirectedBytes?: number;
  readonly loopbackBytes?: number;
};

type Experiment = Sample['experiment'];
type Value = (sample: Sample) => number | undefined;

type Spec = Omit<Figure, 'sizes' | 'series' | 'absent'> & {
  readonly experiment: Experiment;
  readonly arms: readonly Arm[];
  /** @param run arms the run has of the experiment. */
  readonly baseline?: (run: { readonly arms: readonly Arm[] }) => Arm | undefined;
  /** One series for each request size, or only that of the article's simpler figure. */
  readonly requests?: 'all' | 'one';
  readonly metrics?: readonly LatencyMetric[];
  readonly value: (metric: LatencyMetric | undefined) => Value;
  /** Which samples count; those whose BPF time was taken are slowed down by that. */
  readonly timed?: true;
  readonly missing: string;
};

const BYPASSES = ['bypass', 'bypass-classic'] as const satisfies Arm[];

const throughput: Value = (sample) =>
  sample.experiment === 'throughput' ? sample.throughputBitsPerSecond / 1e9 : undefined;
const rate: Value = (sample) =>
  sample.experiment === 'latency' ? sample.transactionsPerSecond : undefined;
const latency =
  (metric: LatencyMetric | undefined): Value =>
  (sample) =>
    sample.experiment === 'latency' ? sample.latencyUs[metric ?? 'p50'] : undefined;

/** The length of the article's samples: times in the kernel are told for as long. */
const ARTICLE_SECONDS = 60;
const kernelTime: Value = ({ bpf, seconds }) =>
  bpf?.nanoseconds === undefined
    ? undefined
    : (bpf.nanoseconds / 1e9) * (ARTICLE_SECONDS / seconds);

/** TCP without Nagle's algorithm has a figure of its own. */
function withNagle(run: { readonly arms: readonly Arm[] }): Arm | undefined {
  const baseline = baselineOf(run);
  return baseline === 'tcp-nodelay' ? undefined : baseline;
}

const throughputSpec = {
  experiment: 'throughput',
  xTitle: 'Send message size',
  yTitle: 'Throughput in Gbit/s (higher is better)',
  unit: 'Gbit/s',
  better: 'higher',
  quantity: 'throughput',
  value: () => throughput,
} as const;
const rateSpec = {
  experiment: 'latency',
  xTitle: 'Response message size',
  yTitle: 'Transactions per second (higher is better)',
  unit: '1/s',
  better: 'higher',
  quantity: 'transaction rate',
  baseline: baselineOf,
  arms: ARM_ORDER,
  value: () => rate,
  missing:
    'No transaction rates in this run: its plan has no round trips. Run a plan with latency points, such as standard.',
} as const;

const SPECS: readonly Spec[] = [
  {
    ...throughputSpec,
    id: 'fig2',
    name: 'Fig. 2',
    title: 'Throughput by message size, Nagle’s algorithm on',
    baseline: withNagle,
    arms: ['tcp', ...BYPASSES, 'unix'],
    missing:
      'No throughput in this run: its plan has no throughput points. Run a plan with them, such as quick or standard.',
  },
  {
    ...throughputSpec,
    id: 'fig3',
    name: 'Fig. 3',
    title: 'Throughput by message size, Nagle’s algorithm off',
    baseline: () => 'tcp-nodelay',
    arms: ['tcp-nodelay', ...BYPASSES, 'unix'],
    missing:
      'No throughput of TCP without Nagle’s algorithm in this run. Run a plan with the arm tcp-nodelay, such as quick or standard.',
  },
  {
    id: 'fig4',
    name: 'Fig. 4',
    title: 'Latency by request and response size',
    experiment: 'latency',
    xTitle: 'Response message size',
    yTitle: 'Latency in µs (lower is better)',
    unit: 'µs',
    better: 'lower',
    quantity: 'latency',
    baseline: baselineOf,
    arms: ARM_ORDER,
    requests: 'all',
    metrics: LATENCY_METRICS,
    value: latency,
    missing:
      'No latency in this run: its plan has no round trips. Run a plan with latency points, such as standard.',
  },
  {
    ...rateSpec,
    id: 'fig5',
    name: 'Fig. 5',
    title: 'Transaction rate by response size',
    requests: 'one',
  },
  {
    ...rateSpec,
    id: 'fig6',
    name: 'Fig. 6',
    title: 'Transaction rate for different request sizes',
    requests: 'all',
  },
  {
    ...throughputSpec,
    id: 'fig7',
    name: 'Fig. 7',
    title: 'Time in the kernel spent by the BPF programs',
    yTitle: 'Seconds in BPF programs for 60 s of netperf (lower is better)',
    unit: 's per 60 s',
    better: 'lower',
    quantity: 'time in the BPF programs',
    arms: BYPASSES,
    value: () => kernelTime,
    timed: true,
    missing:
      'No BPF time in this run: the kernel counts it only while kernel.bpf_stats_enabled is on. Run a plan with bpfTime, such as standard.',
  },
];

/** Every figure, in the article's order, the overview first; each is worked out when it is asked for. */
export function figuresOf(runs: readonly Run[]): Record<FigureId, Figure> {
  const indexed = runs.map(indexRun);
  const makers: [FigureId, () => Figure][] = [
    ['overview', () => overviewOf(indexed)],
    ...SPECS.map((spec): [FigureId, () => Figure] => [spec.id, () => figureOf(spec, indexed)]),
  ];
  return lazily(Object.fromEntries(makers) as Record<FigureId, () => Figure>);
}

/** The host's name; where runs share it, when they started; where they share that too, a number. */
export function runsOf(documents: readonly ResultDocument[]): Run[] {
  const names = documents.map(({ host }) => host.name);
  const times = apart(names, (name, place) => {
    const started = documents[place]?.startedAt.slice(0, 16).replace('T', ' ') ?? '';
    return `${name}, ${started} UTC`;
  });
  const labels = apart(times, (time, place) => {
    const same = times.slice(0, place + 1).filter((other) => other === time);
    return `${time}, ${same.length}`;
  });
  return documents.map((document, place) => ({ document, label: labels[place] ?? '' }));
}

/** Makes more of the texts that are there more than once. */
const apart = (texts: readonly string[], more: (text: string, place: number) => string): string[] =>
  texts.map((text, place) =>
    texts.indexOf(text) === texts.lastIndexOf(text) ? text : more(text, place),
  );

/** A place on the x axis, of one request size where there are requests. */
type Place = { readonly x: number; readonly request?: number | undefined };

/** A run's samples by what a point of a figure is made of. */
type Indexed = {
  readonly label: string;
  readonly places: Readonly<Record<Experiment, readonly Place[]>>;
  /** Planned or measured. */
  readonly arms: Readonly<Record<Experiment, readonly Arm[]>>;
  /** What an arm has measured, by size; undefined where that is nothing. */
  line(of: LineOf): ReadonlyMap<number, Cell> | undefined;
};

/** What the points of one line have in common. */
type LineOf = {
  readonly timed?: boolean | undefined;
  readonly experiment: Experiment;
  readonly request?: number | undefined;
  readonly arm: Arm;
};

/** The samples of one place and arm, and what several figures make of them, worked out once. */
type Cell = {
  readonly samples: readonly Sample[];
  readonly details: () => Details;
};

function cellOf(samples: readonly Sample[]): Cell {
  let details: Details | undefined;
  return {
    samples,
    details: () => (details ??= detailsOf(samples)),
  };
}

type Sized = Sample | ResultDocument['plan']['points'][number];

const placeOf = (at: Sized): Place =>
  at.experiment === 'throughput'
    ? { x: at.messageBytes }
    : { x: at.responseBytes, request: at.requestBytes };
const placeKey = ({ x, request }: Place): string => `${request ?? ''}/${x}`;

function indexRun({ document, label }: Run): Indexed {
  const key = ({ timed = false, experiment, request, arm }: LineOf) =>
    [timed, experiment, request, arm].join('/');
  const samples = groupBy(document.samples, (sample) => {
    const { request } = placeOf(sample);
    const { experiment, arm } = sample;
    return key({ timed: !isCompared(sample), experiment, request, arm });
  });
  const lines = new Map(
    Array.from(samples, ([of, list]) => {
      const bySize = groupBy(list, (sample) => placeOf(sample).x);
      return [of, new Map(Array.from(bySize, ([x, cell]) => [x, cellOf(cell)]))];
    }),
  );
  const places = (experiment: Experiment) => [
    ...new Map(
      [...document.plan.points, ...document.samples]
        .filter((at) => at.experiment === experiment)
        .map(placeOf)
        .map((place) => [placeKey(place), place]),
    ).values(),
  ];
  const arms = (experiment: Experiment) => {
    const of = [...document.plan.points, ...document.samples].filter(
      (at) => at.experiment === experiment,
    );
    return [...new Set(of.flatMap((at) => ('arms' in at ? at.arms : at.arm)))];
  };
  return {
    label,
    arms: { throughput: arms('throughput'), latency: arms('latency') },
    places: { throughput: places('throughput'), latency: places('latency') },
    line: (of) => lines.get(key(of)),
  };
}

const ascending = (values: Iterable<number>): number[] =>
  [...new Set(values)].sort((a, b) => a - b);

const sizesIn = (runs: readonly Indexed[], experiment: Experiment): number[] =>
  ascending(runs.flatMap(({ places }) => places[experiment].map(({ x }) => x)));

type Requests = readonly (number | undefined)[];

/** Request sizes of a figure, for each run; undefined where there are no requests. */
function requestsIn(
  runs: readonly Indexed[],
  experiment: Experiment,
  which: 'all' | 'one',
): Requests[] {
  if (experiment === 'throughput') return runs.map(() => [undefined]);
  const own = runs.map(({ places }) => ascending(places.latency.flatMap((at) => at.request ?? [])));
  if (which === 'all') return own;
  const runsWith = (request: number) => own.filter((sizes) => sizes.includes(request)).length;
  const responses = (request: number) =>
    new Set(
      runs.flatMap(({ places }) =>
        places.latency.filter((at) => at.request === request).map(({ x }) => x),
      ),
    ).size;
  // The one most runs have is comparable, the one with the most response sizes the longest line;
  // of equals, the smallest.
  const best = ascending(own.flat()).sort(
    (a, b) => runsWith(b) - runsWith(a) || responses(b) - responses(a),
  );
  return own.map((sizes) => best.filter((request) => sizes.includes(request)).slice(0, 1));
}

/** What tells lines of several request sizes apart. */
const requestLabel = (request: number | undefined, all: readonly Requests[]): string =>
  request !== undefined && new Set(all.flat()).size > 1 ? `${bytes(request)} requests` : '';

/** Its series are worked out when they are asked for; that there are none is known before. */
function figureOf(spec: Spec, runs: readonly Indexed[]): Figure {
  const { id, name, title, xTitle, yTitle, unit, better, quantity } = spec;
  const sizes = sizesIn(runs, spec.experiment);
  const isMeasured = measuredIn(spec, runs);
  return Object.assign(
    lazily({ series: () => (isMeasured ? seriesOf(linesOf(spec, runs, sizes)) : []) }),
    {
      ...{ id, name, title, xTitle, yTitle, unit, better, quantity, sizes },
      ...(!isMeasured && { absent: spec.missing }),
    },
  );
}

/** Whether there is anything to show. */
function measuredIn(spec: Spec, runs: readonly Indexed[]): boolean {
  const { id, experiment, arms, requests, timed } = spec;
  const requestSizes = requestsIn(runs, experiment, requests ?? 'all');
  const some = (of: readonly Arm[]) =>
    runs.some((run, index) =>
      requestSizes[index]?.some((request) =>
        of.some((arm) => run.line({ timed, experiment, request, arm }) !== undefined),
      ),
    );
  // Without its own baseline it would only repeat part of another.
  return some(arms) && (id !== 'fig3' || some(['tcp-nodelay']));
}

function linesOf(spec: Spec, runs: readonly Indexed[], sizes: readonly number[]): Line[] {
  const { experiment, arms, requests, metrics, value, timed } = spec;
  const requestSizes = requestsIn(runs, experiment, requests ?? 'all');
  return runs.flatMap((run, index) => {
    const baseline = spec.baseline?.({ arms: run.arms[experiment] });
    return (metrics ?? [undefined]).flatMap((metric) =>
      (requestSizes[index] ?? []).flatMap((request) =>
        arms.flatMap((arm): Line[] => {
          const own = run.line({ timed, experiment, request, arm });
          if (!own) return [];
          const against = arm === baseline ? undefined : baseline;
          const other = against && run.line({ timed, experiment, request, arm: against });
          const step = metric !== undefined && metric !== 'mean' ? percentileStepUs : undefined;
          return [
            {
              ...{ arm, run: index, metric, requestBytes: request },
              ...(against && { against }),
              variantLabel: requestLabel(request, requestSizes),
              runLabel: runs.length > 1 ? run.label : '',
              points: sizes.map((x) => {
                const cell = own.get(x);
                return cell && pointOf({ x, request }, cell, other?.get(x), value(metric), step);
              }),
            },
          ];
        }),
      ),
    );
  });
}

const labelOf = ({ x, request }: Place): string =>
  request === undefined ? bytes(x) : `${bytes(request)} / ${bytes(x)}`;

type Line = {
  readonly arm: Arm;
  readonly run: number;
  readonly metric?: LatencyMetric | undefined;
  readonly requestBytes?: number | undefined;
  readonly against?: Arm;
  readonly variantLabel: string;
  readonly runLabel: string;
  readonly points: readonly (Point | undefined)[];
};

/** Lines that have points, named, with the variants numbered in the order they come. */
function seriesOf(lines: readonly Line[]): Series[] {
  const measured = lines.filter(({ points }) => points.some((point) => point !== undefined));
  const variants = new Map<string, number>();
  return measured.map(({ metric, requestBytes, ...line }) => {
    const { arm, variantLabel, runLabel } = line;
    const variant = variants.get(variantLabel) ?? variants.size;
    variants.set(variantLabel, variant);
    const words = [ARM_LABELS[arm], variantLabel, runLabel];
    const label = words.filter((word) => word !== '').join(', ');
    return {
      ...line,
      key: [arm, metric, label].join('/'),
      ...{ label, variant },
      ...(metric && { metric }),
      ...(requestBytes !== undefined && { requestBytes }),
    };
  });
}

/** How many times as fast as TCP each arm is, by size: above 1 it wins, below it loses. */
function overviewOf(runs: readonly Indexed[]): Figure {
  const requestSizes = requestsIn(runs, 'latency', 'one');
  const arms: readonly Arm[] = ['bypass', 'bypass-classic', 'tcp-nodelay', 'unix'];
  const kinds: readonly {
    experiment: Experiment;
    value: Value;
    baseline: NonNullable<Spec['baseline']>;
    arms: readonly Arm[];
    words: string;
  }[] = [
    {
      experiment: 'throughput',
      value: throughput,
      baseline: withNagle,
      arms,
      words: 'throughput, Nagle on',
    },
    {
      experiment: 'throughput',
      value: throughput,
      baseline: () => 'tcp-nodelay',
      arms: BYPASSES,
      words: 'throughput, Nagle off',
    },
    {
      experiment: 'latency',
      // The inverse of the mean round trip, and not rounded to whole µs as percentiles are.
      value: rate,
      baseline: baselineOf,
      arms,
      words: 'transaction rate',
    },
  ];
  const sizes = ascending([...sizesIn(runs, 'throughput'), ...sizesIn(runs, 'latency')]);
  const lines = runs.flatMap((run, index) =>
    kinds.flatMap(({ experiment, value, baseline: baselineIn, arms, words }) => {
      const of = experiment === 'latency' ? requestSizes[index]?.[0] : undefined;
      const against = baselineIn({ arms: run.arms[experiment] });
      const baseline = against && run.line({ experiment, request: of, arm: against });
      return arms.flatMap((arm): Line[] => {
        const own = run.line({ experiment, request: of, arm });
        if (!own || !baseline || arm === against) return [];
        const requests = requestLabel(of, requestSizes);
        return [
          {
            ...{ arm, run: index, requestBytes: of, against },
            variantLabel: requests === '' ? words : `${words}, ${requests}`,
            ...{ runLabel: runs.length > 1 ? run.label : '' },
            points: sizes.map((x) => {
              const [cell, other] = [own.get(x), baseline.get(x)];
              return cell && other && ratioPoint({ x, request: of }, cell, other, value);
            }),
          },
        ];
      });
    }),
  );
  const series = seriesOf(lines);
  const other = compared(series.flatMap(({ against }) => against ?? []));
  return {
    id: 'overview',
    name: 'Overview',
    title: `Speed compared with ${other}, by size`,
    xTitle: 'Message size, or response size of round trips',
    yTitle: `Times as fast as ${other} (above 1 is faster)`,
    unit: `× ${other}`,
    better: 'higher',
    quantity: 'speed',
    sizes,
    series,
    ...(series.length === 0 && {
      absent:
        'Nothing to compare yet: no size has both TCP, or the arm in its place, and another arm in rounds of which none stalled.',
    }),
  };
}

/** What ratios compare with, in words; either TCP is one. */
function compared(against: readonly Arm[]): string {
  const names = new Set(against.map((arm) => ARM_LABELS[arm === 'tcp-nodelay' ? 'tcp' : arm]));
  const [only = ARM_LABELS.tcp] = names;
  return names.size > 1 ? 'the baseline' : only;
}

function pointOf(
  at: Place,
  own: Cell,
  baseline: Cell | undefined,
  value: Value,
  stepOf?: (value: number) => number,
): Point | undefined {
  const values = valuesOf(own.samples, value);
  if (values.length === 0) return undefined;
  const spread = spreadOf(values);
  const pairs = baseline ? pairsByRound(own.samples, baseline.samples, value) : [];
  const step = stepOf?.(Math.max(spread.median, ...pairs.map((pair) => pair[1])));
  const ratio = pairedRatio(pairs, step);
  return {
    ...spread,
    ...{ bytes: at.x, label: labelOf(at), count: values.length, values },
    ...(ratio && { ratio }),
    ...(step !== undefined && { step }),
    details: own.details(),
  };
}

function ratioPoint(at: Place, own: Cell, baseline: Cell, value: Value): Point | undefined {
  const pairs = pairsByRound(own.samples, baseline.samples, value);
  const ratio = pairedRatio(pairs);
  if (!ratio) return undefined;
  const values = pairs.map(([subject, partner]) => subject / partner);
  const { low, high } = ratio.interval ?? { low: ratio.ratio, high: ratio.ratio };
  const spread = { median: ratio.ratio, low, high };
  return {
    ...spread,
    ...{ bytes: at.x, label: labelOf(at), count: ratio.pairs, values, ratio },
    details: own.details(),
  };
}

/** A plain loop: of ten thousand samples each figure asks. */
function valuesOf(samples: readonly Sample[], value: Value): number[] {
  const values: number[] = [];
  for (const sample of samples) {
    const each = value(sample);
    if (each !== undefined) values.push(each);
  }
  return values;
}

function detailsOf(samples: readonly Sample[]): Details {
  const known = (value: Value) => valuesOf(samples, value);
  const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
  const middle = (values: number[]) => (values.length === 0 ? undefined : median(values));
  const total = (values: number[]) => (values.length === 0 ? undefined : sum(values));
  const timed = samples.filter(({ bpf }) => (bpf?.runs ?? 0) > 0);
  const details = {
    meanUs: middle(
      known((sample) => (sample.experiment === 'latency' ? sample.latencyUs.mean : undefined)),
    ),
    stddevUs: middle(
      known((sample) => (sample.experiment === 'latency' ? sample.latencyUs.stddev : undefined)),
    ),
    cpuClient: middle(known(({ cpu }) => cpu?.client)),
    cpuServer: middle(known(({ cpu }) => cpu?.server)),
    demandClient: middle(known(({ serviceDemand }) => serviceDemand?.client)),
    demandServer: middle(known(({ serviceDemand }) => serviceDemand?.server)),
    nanosecondsPerRun: middle(
      timed.flatMap(({ bpf }) =>
        bpf?.nanoseconds === undefined ? [] : bpf.nanoseconds / (bpf.runs ?? 1),
      ),
    ),
    bypassed: middle(known(bypassedPart)),
    shared: samples.filter(isShared).length || undefined,
    redirectedBytes: total(known(({ bpf }) => bpf?.redirectedBytes)),
    loopbackBytes: total(known(({ loopbackBytes }) => loopbackBytes)),
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

/** One percentile of a figure that has several; others are as they are. */
export function withMetric(figure: Figure, metric: LatencyMetric): Figure {
  if (figure.id !== 'fig4') return figure;
  const name = METRIC_LABELS[metric];
  return {
    ...figure,
    title: figure.title.replace('Latency', `${name} latency`),
    yTitle: figure.yTitle.replace('Latency', `${name} latency`),
    quantity: `${name} latency`,
    series: figure.series.filter((series) => series.metric === metric),
  };
}
