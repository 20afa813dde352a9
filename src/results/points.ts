import { median } from 'simple-statistics';
import type { Sample } from './document.ts';
import type { Details, Point } from './figure.ts';
import { bypassedShare, doubtOf, pairsByRound, type Doubt } from './samples.ts';
import { pairedRatio, spreadOf } from './statistics.ts';
import { bytes } from './sizes.ts';

/** A quantity of a sample, in the unit of a figure; undefined where the sample has none. */
export type Value = (sample: Sample) => number | undefined;

/** A place on the x axis, of one request size where there are requests. */
export type Place = { readonly x: number; readonly request?: number | undefined };

/** The samples of one place and arm, and what several figures make of them, worked out once. */
export type Cell = {
  readonly samples: readonly Sample[];
  readonly details: () => Details;
};

export function cellOf(samples: readonly Sample[]): Cell {
  let details: Details | undefined;
  return {
    samples,
    details: () => (details ??= detailsOf(samples)),
  };
}

const labelOf = ({ x, request }: Place): string =>
  request === undefined ? bytes(x) : `${bytes(request)} / ${bytes(x)}`;

/** The median of an arm at one place, compared with its baseline; undefined where it has no values. */
export function pointOf(
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
  const doubt = pairs.length > 0 ? doubtAbout(own, baseline) : undefined;
  return {
    ...spread,
    ...{ bytes: at.x, label: labelOf(at), count: values.length, values },
    ...(doubt ? { doubt } : ratio && { ratio }),
    ...(step !== undefined && { step }),
    details: own.details(),
  };
}

/** An arm is compared neither as nor with a bypass by which hardly anything went. */
const doubtAbout = (own: Cell, baseline: Cell | undefined): Doubt | undefined =>
  doubtOf(own.details()) ?? (baseline && doubtOf(baseline.details()));

/** The paired ratio itself as the point's value; undefined where no round has both, or in doubt. */
export function ratioPoint(at: Place, own: Cell, baseline: Cell, value: Value): Point | undefined {
  const pairs = pairsByRound(own.samples, baseline.samples, value);
  const ratio = pairedRatio(pairs);
  if (!ratio || doubtAbout(own, baseline)) return undefined;
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
    ...bypassedShare(samples),
    redirectedBytes: total(known(({ bpf }) => bpf?.redirectedBytes)),
    loopbackBytes: total(known(({ loopbackBytes }) => loopbackBytes)),
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
