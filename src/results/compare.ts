import type { Arm, Plan, Reach, ResultDocument, Sample } from './document.ts';
import { MOST_TIMES, ratioOfRuns, type Doubt } from './ratios.ts';
import {
  bypassedShare,
  doubtOf,
  groupBy,
  isCompared,
  isMoreBetter,
  pairsOf,
  valueOf as measuredValue,
  type BypassedShare,
} from './samples.ts';
import { spreadOf, verdictOf, type Ratio, type Spread } from './statistics.ts';
import { ARM_LABELS } from './arms.ts';
import { topologyOf } from './plan.ts';
import { percentileStepUs, type Stalls } from './quantities.ts';
import { sizeKey, sizesOf, type Size } from './sizes.ts';

/** A bypass that got slower than this many percent is worse, unless a task says otherwise. */
export const MAX_SLOWDOWN_PERCENT = 5;

/** A quantity that is compared: what was measured (`valueOf`), of round trips also percentiles of their time. */
export type Figure = 'rate' | 'p50' | 'p90' | 'p99';

/** One quantity of one arm at one size, in two runs. */
export interface Difference {
  readonly size: Size;
  readonly arm: Arm;
  readonly figure: Figure;
  /** For workloads: the unit of their metric. */
  readonly unit?: string;
  /** Which direction is better. */
  readonly better: 'higher' | 'lower';
  /** In bits per second, transactions per second or the unit (`rate`), or µs. */
  readonly before: Spread;
  readonly after: Spread;
  /** Rounds in which nothing moved; they have no ratio. */
  readonly stalls: { readonly before: Stalls; readonly after: Stalls };
  /** After to before, of the rounds that did not stall; absent where there are none. */
  readonly ratio: Ratio | undefined;
  /**
   * The same of the arm's speed as a ratio to TCP's, which a host that is faster or slower as a whole leaves
   * as it is. Of rates alone, where both runs have TCP at the size.
   */
  readonly againstTcp?: Ratio;
  readonly verdict: 'better' | 'worse' | 'same' | 'inconclusive' | 'not compared';
  /**
   * Why they are not compared: in which run the bypass was not what was measured, or next to nothing
   * moved. There is no ratio then.
   */
  readonly doubts: { readonly before?: Doubt | undefined; readonly after?: Doubt | undefined };
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** How the runs differ beside their figures. */
  readonly notes: readonly Note[];
}

/** A difference of two runs beside their figures. `words/differenceTexts.ts` makes the sentences. */
export type Note =
  | { readonly kind: 'machines' }
  | { readonly kind: 'topologies'; readonly before: Plan; readonly after: Plan }
  | {
      readonly kind: 'fact';
      readonly fact: Fact;
      readonly before: string | number | boolean | undefined;
      readonly after: string | number | boolean | undefined;
    }
  | { readonly kind: 'programs' }
  | { readonly kind: 'reaches'; readonly before: Reach; readonly after: Reach }
  | { readonly kind: 'seconds'; readonly before: number; readonly after: number }
  | { readonly kind: 'unfinished'; readonly startedAt: string }
  /** Arms and sizes that only one of the runs has. */
  | { readonly kind: 'notInCommon'; readonly before: number; readonly after: number };

/**
 * Two runs, by size and arm: unpaired, as no round of one belongs to a round of the other
 * (`unpairedRatio`), with verdicts as within a run (`verdictOf`).
 */
export function compareDocuments(before: ResultDocument, after: ResultDocument): Comparison {
  const [old, now] = [byPlace(before), byPlace(after)];
  const differences = sizesOf(after).flatMap((size) =>
    (Object.keys(ARM_LABELS) as Arm[]).flatMap((arm) => {
      const key = `${sizeKey(size)} ${arm}`;
      const [a, b] = [old.get(key), now.get(key)];
      if (a === undefined || b === undefined) return [];
      const figures: Figure[] =
        size.experiment === 'latency' ? ['rate', 'p50', 'p90', 'p99'] : ['rate'];
      const sides = { before: bypassedShare(a), after: bypassedShare(b) };
      const { ratio: againstTcp } = ratioOfRuns(
        [sides.after, sides.before],
        toTcp(now, size, arm),
        toTcp(old, size, arm),
      );
      return figures.map((figure): Difference => ({
        ...difference(size, arm, figure, sides, a, b),
        ...(figure === 'rate' && againstTcp && { againstTcp }),
      }));
    }),
  );
  return { differences, notes: notesOf(before, after, [...old.keys()], [...now.keys()]) };
}

export const isDoubted = ({ doubts }: Pick<Difference, 'doubts'>): boolean =>
  doubts.before !== undefined || doubts.after !== undefined;

/** The compared samples of each size and arm. */
const byPlace = ({ samples }: ResultDocument): Map<string, Sample[]> =>
  groupBy(samples.filter(isCompared), (sample) => `${sizeKey(sample)} ${sample.arm}`);

/** Ratios of the rate to TCP's, one for each round that has both. */
function toTcp(places: ReadonlyMap<string, readonly Sample[]>, size: Size, arm: Arm): number[] {
  const at = (of: Arm) => places.get(`${sizeKey(size)} ${of}`) ?? [];
  if (arm === 'tcp') return [];
  return pairsOf([...at(arm), ...at('tcp')], arm, 'tcp')
    .filter(([own, tcp]) => own > 0 && tcp > 0)
    .map(([own, tcp]) => own / tcp);
}

const moved = (values: readonly number[]): number[] => values.filter((value) => value > 0);
const stallsOf = (values: readonly number[]): Stalls => ({
  stalled: values.length - moved(values).length,
  rounds: values.length,
});

function difference(
  size: Size,
  arm: Arm,
  figure: Figure,
  sides: Readonly<Record<'before' | 'after', BypassedShare>>,
  before: readonly Sample[],
  after: readonly Sample[],
): Difference {
  const valueOf = (sample: Sample): number => {
    if (figure === 'rate') return measuredValue(sample);
    return sample.experiment === 'latency' ? sample.latencyUs[figure] : NaN;
  };
  const [old, now] = [before.map(valueOf), after.map(valueOf)];
  const spreads = { before: spreadOf(old), after: spreadOf(now) };
  const step =
    figure === 'rate'
      ? 0
      : Math.max(percentileStepUs(spreads.before.median), percentileStepUs(spreads.after.median));
  const shares = [sides.after, sides.before];
  const { ratio, doubt } = ratioOfRuns(shares, moved(now), moved(old), step);
  const stalls = { before: stallsOf(old), after: stallsOf(now) };
  const [sample] = after;
  const isRate = figure === 'rate' && (sample === undefined || isMoreBetter(sample));
  const better: Difference['better'] = isRate ? 'higher' : 'lower';
  const unit = sample?.experiment === 'workload' ? sample.unit : undefined;
  // The smaller of two values that far apart, or the longer time, is that of the run that stood still.
  const isFirst = spreads.before.median < spreads.after.median === isRate;
  const idle = isFirst ? ({ before: 'idle' } as const) : ({ after: 'idle' } as const);
  const doubts =
    doubt === 'idle' ? idle : { before: doubtOf(sides.before), after: doubtOf(sides.after) };
  const one = {
    size,
    arm,
    figure,
    better,
    ...spreads,
    stalls,
    ratio,
    doubts,
    ...(unit !== undefined && { unit }),
  };
  // That nothing moves any more is no noise of TCP's.
  if (isRate && hasStopped({ ...spreads, better })) return { ...one, verdict: 'worse' };
  if (doubt !== undefined) return { ...one, verdict: 'not compared' };
  const verdict = ratio === undefined ? 'unclear' : verdictOf(ratio);
  const words = {
    unclear: 'inconclusive',
    same: 'same',
    higher: better === 'higher' ? 'better' : 'worse',
    lower: better === 'lower' ? 'better' : 'worse',
  } as const;
  return { ...one, verdict: words[verdict] };
}

/** To move next to nothing is worse than to move something, though there is no ratio to say so. */
export const hasStopped = ({
  before,
  after,
  better,
}: Pick<Difference, 'before' | 'after' | 'better'>): boolean =>
  better === 'higher' && before.median > after.median * MOST_TIMES;

/** Facts that decide how fast a host is. */
export const FACTS = [
  'name',
  'kernel',
  'architecture',
  'distribution',
  'cpuModel',
  'cpus',
  'virtual',
  'governor',
  'turbo',
  'netperf',
] as const;
type Fact = (typeof FACTS)[number];

function notesOf(
  before: ResultDocument,
  after: ResultDocument,
  old: readonly string[],
  now: readonly string[],
): Note[] {
  const notes: Note[] = FACTS.filter((fact) => before.host[fact] !== after.host[fact]).map(
    (fact) => ({ kind: 'fact', fact, before: before.host[fact], after: after.host[fact] }),
  );
  if (topologyOf(before.plan) !== topologyOf(after.plan)) {
    notes.unshift({ kind: 'topologies', before: before.plan, after: after.plan });
  }
  const [machine, other] = [before.host.machine, after.host.machine];
  if (machine !== undefined && other !== undefined && machine !== other) {
    notes.unshift({ kind: 'machines' });
  }
  const tags = ({ programs }: ResultDocument) =>
    JSON.stringify(Object.entries(programs.tags).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (before.programs.policy !== after.programs.policy || tags(before) !== tags(after)) {
    notes.push({ kind: 'programs' });
  }
  const [reach, otherReach] = [before.programs.reach, after.programs.reach];
  if (reach !== undefined && otherReach !== undefined && reach !== otherReach) {
    notes.push({ kind: 'reaches', before: reach, after: otherReach });
  }
  const [secondsBefore, secondsAfter] = [before.plan.secondsPerSample, after.plan.secondsPerSample];
  if (secondsBefore !== secondsAfter) {
    notes.push({ kind: 'seconds', before: secondsBefore, after: secondsAfter });
  }
  for (const { finishedAt, startedAt } of [before, after]) {
    if (finishedAt === undefined) notes.push({ kind: 'unfinished', startedAt });
  }
  const alone = (own: readonly string[], other: readonly string[]) =>
    own.filter((key) => !other.includes(key)).length;
  const [gone, added] = [alone(old, now), alone(now, old)];
  if (gone + added > 0) notes.push({ kind: 'notInCommon', before: gone, after: added });
  return notes;
}
