import type { Arm, ResultDocument, Sample } from './document.ts';
import { cellOf, type Cell, type Place } from './points.ts';
import { groupBy, isCompared } from './samples.ts';

export type Experiment = Sample['experiment'];

/** A document under the name that tells it from the others shown with it. */
export type Run = { readonly document: ResultDocument; readonly label: string };

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

/** A run's samples by what a point of a figure is made of. */
export type IndexedRun = {
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

type Sized = Sample | ResultDocument['plan']['points'][number];

const placeOf = (at: Sized): Place =>
  at.experiment === 'throughput'
    ? { x: at.messageBytes }
    : { x: at.responseBytes, request: at.requestBytes };
const placeKey = ({ x, request }: Place): string => `${request ?? ''}/${x}`;

/** Sorts a run's samples once, for all figures. */
export function indexRun({ document, label }: Run): IndexedRun {
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

export const ascending = (values: Iterable<number>): number[] =>
  [...new Set(values)].sort((a, b) => a - b);

export const sizesIn = (runs: readonly IndexedRun[], experiment: Experiment): number[] =>
  ascending(runs.flatMap(({ places }) => places[experiment].map(({ x }) => x)));
