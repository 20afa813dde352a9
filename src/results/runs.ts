import * as l10n from '@vscode/l10n';
import type {
  Arm,
  NetperfPoint,
  Plan,
  ResultDocument,
  Sample,
  WorkloadSample,
} from './document.ts';
import { Cell, type Place } from './points.ts';
import { topologyOf } from './plan.ts';
import { groupBy, isCompared } from './samples.ts';

const SHORT = {
  loopback: 'loopback',
  get namespaces() {
    return l10n.t('between namespaces');
  },
};

/** Those of sizes. */
export type Experiment = NetperfPoint['experiment'];

/** A document under a name that distinguishes it from the others shown with it. */
export type Run = { readonly document: ResultDocument; readonly label: string };

/**
 * The host's name, and the topology where runs differ in it; where they share that, when they started; where they
 * share that too, a number.
 */
export function runsOf(documents: readonly ResultDocument[]): Run[] {
  const isMixed = new Set(documents.map(({ plan }) => topologyOf(plan))).size > 1;
  const names = documents.map(({ host, plan }) =>
    isMixed ? `${host.name}, ${SHORT[topologyOf(plan)]}` : host.name,
  );
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

/** Common to the points of one line. */
type LineOf = {
  readonly timed?: boolean | undefined;
  readonly experiment: Experiment;
  readonly request?: number | undefined;
  readonly arm: Arm;
};

type SizedSample = Exclude<Sample, { experiment: 'workload' }>;
type Sized = SizedSample | NetperfPoint;

const placeOf = (at: Sized): Place =>
  at.experiment === 'throughput'
    ? { x: at.messageBytes }
    : { x: at.responseBytes, request: at.requestBytes };
const placeKey = ({ x, request }: Place): string => `${request ?? ''}/${x}`;

const lineKey = ({ timed = false, experiment, request = 0, arm }: LineOf): string =>
  `${timed} ${experiment} ${request} ${arm}`;

/** A run's samples by what a point of a figure is made of. Grows with the run. */
export class RunIndex {
  readonly #lines = new Map<string, Map<number, Cell>>();
  readonly #places = {
    throughput: new Map<string, Place>(),
    latency: new Map<string, Place>(),
    connections: new Map<string, Place>(),
  };
  readonly #arms = {
    throughput: new Set<Arm>(),
    latency: new Set<Arm>(),
    connections: new Set<Arm>(),
  };
  readonly #workloads = new Map<string, Map<Arm, Cell>>();
  readonly #repeated: ReadonlySet<string>;

  constructor({ plan, samples }: Pick<ResultDocument, 'plan' | 'samples'>) {
    this.#repeated = repeatedWorkloads(plan);
    for (const point of plan.points) this.#note(point, point.arms);
    for (const { name } of plan.workloads ?? []) this.#workloads.set(name, new Map());
    this.add(samples);
  }

  #note(at: Sized, arms: readonly Arm[]): void {
    const place = placeOf(at);
    this.#places[at.experiment].set(placeKey(place), place);
    for (const arm of arms) this.#arms[at.experiment].add(arm);
  }

  /** @param all measured since the index was made. */
  add(all: readonly Sample[]): void {
    this.#addWorkloads(all.filter((sample) => sample.experiment === 'workload'));
    const samples = all.filter((sample) => sample.experiment !== 'workload');
    for (const sample of samples) this.#note(sample, [sample.arm]);
    const byLine = groupBy(samples, (sample) =>
      lineKey({
        timed: !isCompared(sample),
        experiment: sample.experiment,
        request: placeOf(sample).request,
        arm: sample.arm,
      }),
    );
    for (const [key, own] of byLine) {
      const line = this.#lines.get(key) ?? new Map<number, Cell>();
      this.#lines.set(key, line);
      for (const [x, more] of groupBy(own, (sample) => placeOf(sample).x)) {
        const [first] = more;
        if (!first) continue;
        line.set(x, new Cell(placeOf(first), [...(line.get(x)?.samples ?? []), ...more]));
      }
    }
  }

  #addWorkloads(samples: readonly WorkloadSample[]): void {
    for (const [name, own] of groupBy(samples, ({ workload }) => workload)) {
      const arms = this.#workloads.get(name) ?? new Map<Arm, Cell>();
      this.#workloads.set(name, arms);
      for (const [arm, more] of groupBy(own, (sample) => sample.arm)) {
        arms.set(arm, new Cell({ x: 0 }, [...(arms.get(arm)?.samples ?? []), ...more]));
      }
    }
  }

  /** The samples of each workload that was planned or measured, by arm. */
  workloads(): ReadonlyMap<string, ReadonlyMap<Arm, Cell>> {
    return this.#workloads;
  }

  /** Those of them whose times are not another's as well. */
  timedWorkloads(): [name: string, arms: ReadonlyMap<Arm, Cell>][] {
    return [...this.#workloads].filter(([name]) => !this.#repeated.has(name));
  }

  /** Planned or measured. */
  places(experiment: Experiment): Place[] {
    return [...this.#places[experiment].values()];
  }

  /** Planned or measured. */
  arms(experiment: Experiment): Arm[] {
    return [...this.#arms[experiment]];
  }

  /** An arm's samples, by size; undefined where there are none. */
  line(of: LineOf): ReadonlyMap<number, Cell> | undefined {
    return this.#lines.get(lineKey(of));
  }
}

/** Workloads with the commands of one before them, and another metric: how long their requests take is known already. */
export function repeatedWorkloads({ workloads = [] }: Pick<Plan, 'workloads'>): Set<string> {
  const names = groupBy(workloads, ({ prepare, server, client, report, unix }) =>
    JSON.stringify([prepare, server, client, report, unix]),
  );
  return new Set([...names.values()].flatMap(([, ...rest]) => rest.map(({ name }) => name)));
}

/** An index under a name that distinguishes its run from the others shown with it. */
export type IndexedRun = { readonly index: RunIndex; readonly label: string };

export const ascending = (values: Iterable<number>): number[] =>
  [...new Set(values)].sort((a, b) => a - b);

export const sizesIn = (runs: readonly IndexedRun[], experiment: Experiment): number[] =>
  ascending(runs.flatMap(({ index }) => index.places(experiment).map(({ x }) => x)));
