import { median } from 'simple-statistics';
import type { Sample } from './document.ts';
import type { Details, Point } from './figure.ts';
import { ratioOfRounds } from './ratios.ts';
import { bypassedShare, pairsByRound } from './samples.ts';
import { spreadOf } from './statistics.ts';
import { bytes } from './sizes.ts';

/** A quantity of a sample, in the unit of a figure; undefined where the sample has none. */
export type Value = (sample: Sample) => number | undefined;

/** A place on the x axis, of one request size where there are requests. */
export type Place = { readonly x: number; readonly request?: number | undefined };

/**
 * The samples of one place and arm, and what several figures make of them, worked out once: of a run
 * that grows, all but the cells that have grown stay as they are.
 */
export class Cell {
  readonly at: Place;
  readonly samples: readonly Sample[];
  #details: Details | undefined;
  readonly #points = new Map<Value, Compared>();
  readonly #ratios = new Map<Value, Compared>();

  constructor(at: Place, samples: readonly Sample[]) {
    this.at = at;
    this.samples = samples;
  }

  get details(): Details {
    return (this.#details ??= detailsOf(this.samples));
  }

  /** The median of a quantity, compared with a baseline; undefined where there are no values. */
  point(value: Value, baseline: Cell | undefined, stepOf?: StepOf): Point | undefined {
    return once(this.#points, value, baseline, () => pointOf(this, baseline, value, stepOf));
  }

  /** The paired ratio itself as the point's value; undefined where no round has both, or in doubt. */
  ratio(value: Value, baseline: Cell): Point | undefined {
    return once(this.#ratios, value, baseline, () => ratioPoint(this, baseline, value));
  }
}

type StepOf = (value: number) => number;
type Compared = { readonly baseline: Cell | undefined; readonly point: Point | undefined };

function once(
  known: Map<Value, Compared>,
  value: Value,
  baseline: Cell | undefined,
  make: () => Point | undefined,
): Point | undefined {
  const kept = known.get(value);
  if (kept && kept.baseline === baseline) return kept.point;
  const point = make();
  known.set(value, { baseline, point });
  return point;
}

const labelOf = ({ x, request }: Place): string =>
  request === undefined ? bytes(x) : `${bytes(request)} / ${bytes(x)}`;

function pointOf(
  own: Cell,
  baseline: Cell | undefined,
  value: Value,
  stepOf: StepOf | undefined,
): Point | undefined {
  const values = valuesOf(own.samples, value);
  if (values.length === 0) return undefined;
  const spread = spreadOf(values);
  const pairs = baseline ? pairsByRound(own.samples, baseline.samples, value) : [];
  const step = stepOf?.(Math.max(spread.median, ...pairs.map((pair) => pair[1])));
  const sides = [own.details, ...(pairs.length > 0 && baseline ? [baseline.details] : [])];
  const { ratio, doubt } = ratioOfRounds(sides, pairs, step);
  return {
    ...spread,
    bytes: own.at.x,
    label: labelOf(own.at),
    count: values.length,
    values,
    ...(doubt ? { doubt } : ratio && { ratio }),
    ...(step !== undefined && { step }),
    details: own.details,
  };
}

function ratioPoint(own: Cell, baseline: Cell, value: Value): Point | undefined {
  const pairs = pairsByRound(own.samples, baseline.samples, value);
  const { ratio } = ratioOfRounds([own.details, baseline.details], pairs);
  if (!ratio) return undefined;
  const values = pairs.map(([subject, partner]) => subject / partner);
  const { low, high } = ratio.interval ?? { low: ratio.ratio, high: ratio.ratio };
  return {
    median: ratio.ratio,
    low,
    high,
    bytes: own.at.x,
    label: labelOf(own.at),
    count: ratio.pairs,
    values,
    ratio,
    details: own.details,
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

/** µs of CPU time for one of what a workload counts by the second: a request of requests/s. */
function cpuPerUnit(sample: Sample): number | undefined {
  if (sample.experiment !== 'workload' || !sample.unit.endsWith('/s')) return undefined;
  const { cpuSeconds, metrics, metric, seconds } = sample;
  const count = (metrics[metric] ?? 0) * seconds;
  return cpuSeconds === undefined || count === 0 ? undefined : (cpuSeconds * 1e6) / count;
}

function detailsOf(samples: readonly Sample[]): Details {
  const known = (value: Value) => valuesOf(samples, value);
  const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
  const middle = (values: number[]) => (values.length === 0 ? undefined : median(values));
  const total = (values: number[]) => (values.length === 0 ? undefined : sum(values));
  const timed = samples.filter(({ bpf }) => (bpf?.runs ?? 0) > 0);
  const details = {
    meanUs: middle(known((sample) => ('latencyUs' in sample ? sample.latencyUs.mean : undefined))),
    stddevUs: middle(
      known((sample) => ('latencyUs' in sample ? sample.latencyUs.stddev : undefined)),
    ),
    cpuClient: middle(known(({ cpu }) => cpu?.client)),
    cpuServer: middle(known(({ cpu }) => cpu?.server)),
    demandClient: middle(known(({ serviceDemand }) => serviceDemand?.client)),
    demandServer: middle(known(({ serviceDemand }) => serviceDemand?.server)),
    cpuPerUnit: middle(known(cpuPerUnit)),
    cpusBusy: middle(
      known((sample) =>
        sample.experiment === 'workload' && sample.cpuSeconds !== undefined
          ? sample.cpuSeconds / sample.seconds
          : undefined,
      ),
    ),
    peakMemory: middle(
      known((sample) => (sample.experiment === 'workload' ? sample.peakMemoryBytes : undefined)),
    ),
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
