import type { Arm, ResultDocument, Sample } from './document.ts';
import { policyOf } from './plan.ts';
import {
  bypassedShare,
  doubtOf,
  groupBy,
  isCompared,
  pairsOf,
  rateOf,
  type Doubt,
} from './samples.ts';
import { spreadOf, unpairedRatio, verdictOf, type Ratio, type Spread } from './statistics.ts';
import { ARM_LABELS } from './arms.ts';
import { percentileStepUs, stallWords, type Stalls } from './quantities.ts';
import { sizeKey, sizeLabel, sizesOf, type Size } from './sizes.ts';

/** What of a sample is compared: more of the rate is better, less of a latency is. */
export type Figure = 'rate' | 'p50' | 'p90' | 'p99';

/** One quantity of one arm at one size, in two runs. */
export interface Difference {
  readonly size: Size;
  readonly arm: Arm;
  readonly figure: Figure;
  /** In bits per second or transactions per second (`rate`), or µs. */
  readonly before: Spread;
  readonly after: Spread;
  /** Rounds in which nothing moved; they have no ratio. */
  readonly stalls: { readonly before: Stalls; readonly after: Stalls };
  /** After to before, of the rounds that did not stall; absent where there are none. */
  readonly ratio: Ratio | undefined;
  /**
   * The same of the arm's ratio to TCP, which a host that is faster or slower as a whole leaves as
   * it is. Of rates alone, where both runs have TCP at the size.
   */
  readonly againstTcp?: Ratio;
  readonly verdict: 'better' | 'worse' | 'same' | 'inconclusive' | 'not compared';
  /**
   * Why they are not compared: in which run the bypass was not what was measured (`doubtOf`). There is
   * no ratio then.
   */
  readonly doubts: { readonly before?: Doubt | undefined; readonly after?: Doubt | undefined };
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** What the runs do not have in common beside their figures, in sentences. */
  readonly notes: readonly string[];
}

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
        size.experiment === 'throughput' ? ['rate'] : ['rate', 'p50', 'p90', 'p99'];
      const doubts = { before: doubtOf(bypassedShare(a)), after: doubtOf(bypassedShare(b)) };
      const againstTcp = unpairedRatio(toTcp(now, size, arm), toTcp(old, size, arm));
      return figures.map((figure): Difference => {
        const one = { ...difference(size, arm, figure, a, b), doubts };
        // That nothing moves any more is no noise of TCP's.
        if (isDoubted(one) && !hasStopped(one)) {
          return { ...one, ratio: undefined, verdict: 'not compared' };
        }
        return { ...one, ...(figure === 'rate' && againstTcp && { againstTcp }) };
      });
    }),
  );
  return { differences, notes: notesOf(before, after, [...old.keys()], [...now.keys()]) };
}

const isDoubted = ({ doubts }: Pick<Difference, 'doubts'>): boolean =>
  doubts.before !== undefined || doubts.after !== undefined;

/** `hardly a byte redirected before and after`; empty where the bypass is what was measured. */
export function doubtWords({ doubts: { before, after } }: Difference): string {
  const words: Readonly<Record<Doubt, string>> = {
    tcp: 'hardly a byte redirected',
    shared: 'an unknown part redirected',
  };
  if (before !== undefined && before === after) return `${words[before]} before and after`;
  return [before && `${words[before]} before`, after && `${words[after]} after`]
    .filter(Boolean)
    .join(', ');
}

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
  before: readonly Sample[],
  after: readonly Sample[],
): Omit<Difference, 'doubts'> {
  const valueOf = (sample: Sample): number => {
    if (figure === 'rate') return rateOf(sample);
    return sample.experiment === 'latency' ? sample.latencyUs[figure] : NaN;
  };
  const [old, now] = [before.map(valueOf), after.map(valueOf)];
  const spreads = { before: spreadOf(old), after: spreadOf(now) };
  const step =
    figure === 'rate'
      ? 0
      : Math.max(percentileStepUs(spreads.before.median), percentileStepUs(spreads.after.median));
  const ratio = unpairedRatio(moved(now), moved(old), step);
  const stalls = { before: stallsOf(old), after: stallsOf(now) };
  if (figure === 'rate' && hasStopped(spreads)) {
    return { size, arm, figure, ...spreads, stalls, ratio, verdict: 'worse' };
  }
  const verdict = ratio === undefined ? 'unclear' : verdictOf(ratio);
  const good = figure === 'rate' ? 'higher' : 'lower';
  const words = {
    unclear: 'inconclusive',
    same: 'same',
    higher: good === 'higher' ? 'better' : 'worse',
    lower: good === 'lower' ? 'better' : 'worse',
  } as const;
  return { size, arm, figure, ...spreads, stalls, ratio, verdict: words[verdict] };
}

/** What moves nothing is worse than what moved something, though there is no ratio to say so. */
const hasStopped = ({ before, after }: Pick<Difference, 'before' | 'after'>): boolean =>
  before.median > 0 && after.median === 0;

/** What decides how fast a host is. */
const FACT_LABELS = {
  name: 'host',
  kernel: 'kernel',
  architecture: 'architecture',
  distribution: 'distribution',
  cpuModel: 'CPU model',
  cpus: 'number of CPUs',
  virtual: 'virtualisation',
  governor: 'governor',
  turbo: 'turbo',
  netperf: 'netperf',
} as const;
const FACTS = Object.keys(FACT_LABELS) as (keyof typeof FACT_LABELS)[];

function notesOf(
  before: ResultDocument,
  after: ResultDocument,
  old: readonly string[],
  now: readonly string[],
): string[] {
  const words = (value: string | number | boolean | undefined): string => {
    if (typeof value === 'boolean') return value ? 'on' : 'off';
    return value === undefined ? 'unknown' : String(value);
  };
  const notes = FACTS.filter((fact) => before.host[fact] !== after.host[fact]).map(
    (fact) =>
      `The ${FACT_LABELS[fact]} differs: ${words(before.host[fact])} before, ${words(after.host[fact])} after.`,
  );
  const [machine, other] = [before.host.machine, after.host.machine];
  if (machine !== undefined && other !== undefined && machine !== other) {
    notes.unshift('The runs are of two machines.');
  }
  const tags = ({ programs }: ResultDocument) =>
    JSON.stringify(Object.entries(programs.tags).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (before.programs.policy !== after.programs.policy || tags(before) !== tags(after)) {
    notes.push('The BPF programs differ.');
  }
  if (before.plan.secondsPerSample !== after.plan.secondsPerSample) {
    notes.push(
      `A sample took ${before.plan.secondsPerSample} s before, ${after.plan.secondsPerSample} s after.`,
    );
  }
  for (const { finishedAt, startedAt } of [before, after]) {
    if (finishedAt === undefined) notes.push(`The run of ${startedAt} was cut off.`);
  }
  const alone = (own: readonly string[], other: readonly string[]) =>
    own.filter((key) => !other.includes(key)).length;
  const [gone, added] = [alone(old, now), alone(now, old)];
  if (gone + added > 0) {
    notes.push(`${gone} arms and sizes were measured before only, ${added} after only.`);
  }
  return notes;
}

/** A bypass that got slower than this many percent is worse, unless a task says otherwise. */
export const MAX_SLOWDOWN_PERCENT = 5;

/**
 * Where the bypass got slower for sure: the whole interval of its rate lies below what is allowed,
 * and so does that of its ratio to TCP, for a host that is slower as a whole, as shared ones often
 * are, says nothing about the bypass; or nothing goes by it any more. TCP's own arms do not count. Of
 * runs without a bypass all do.
 * @param maxSlowdown in percent.
 */
export function regressions(
  { differences }: Comparison,
  maxSlowdown: number = MAX_SLOWDOWN_PERCENT,
): Difference[] {
  const isSlower = (ratio: Ratio | undefined): boolean =>
    ratio?.interval !== undefined && ratio.interval.high < 1 - maxSlowdown / 100;
  return judged(differences).filter((one) => {
    const { ratio, againstTcp = ratio } = one;
    return hasStopped(one) || (isSlower(ratio) && isSlower(againstTcp));
  });
}

/** The rates of the bypass; of runs without one, all. */
function judged(differences: readonly Difference[]): Difference[] {
  const rates = differences.filter(({ figure }) => figure === 'rate');
  const bypass = rates.filter(({ arm }) => policyOf(arm) !== undefined);
  return bypass.length > 0 ? bypass : rates;
}

/** It was the bypass, and is no more: that cannot pass for as fast. */
const gaveUp = ({ doubts }: Difference): boolean =>
  doubts.before === undefined && doubts.after !== undefined;

/**
 * Why the runs do not tell whether the bypass got slower, in sentences: `regressions` finds nothing
 * where there is nothing to compare. None: they tell.
 */
export function untold(
  before: ResultDocument,
  after: ResultDocument,
  { differences }: Comparison,
): string[] {
  const arms = ({ samples }: ResultDocument) =>
    new Set(samples.filter(isCompared).map(({ arm }) => arm));
  const [old, now] = [arms(before), arms(after)];
  const common = judged(differences);
  if (common.length === 0) {
    return ['The saved run has no arm and size in common with this one: nothing was compared.'];
  }
  const hasBypass = common.some(({ arm }) => policyOf(arm) !== undefined);
  const missing = (Object.keys(ARM_LABELS) as Arm[])
    .filter((arm) => policyOf(arm) !== undefined)
    .flatMap((arm) => {
      if (common.some((one) => one.arm === arm)) return [];
      if (old.has(arm))
        return [`This run has no samples of ${ARM_LABELS[arm]} at a size of the saved one.`];
      return now.has(arm) && !hasBypass
        ? [`The saved run has no samples of ${ARM_LABELS[arm]}.`]
        : [];
    });
  if (common.every((one) => one.verdict === 'not compared' && !gaveUp(one))) {
    return ['Hardly a byte went by the bypass at any size of both runs: nothing was compared.'];
  }
  const open = common.flatMap((one) => {
    const { size, arm, ratio, againstTcp = ratio, stalls } = one;
    if (hasStopped(one)) return [];
    const at = `${ARM_LABELS[arm]} at ${sizeLabel(size)}`;
    if (gaveUp(one)) {
      return [`${at}: ${doubtWords(one)}, so there is nothing to compare with the saved run.`];
    }
    if (isDoubted(one)) return [];
    if (stalls.after.stalled * stalls.before.rounds > stalls.before.stalled * stalls.after.rounds) {
      return [`${at} ${stallWords(stalls.after)}: its speed is that of the others alone.`];
    }
    return ratio?.interval === undefined || againstTcp?.interval === undefined
      ? [`${at} has too few rounds to compare.`]
      : [];
  });
  return [...missing, ...open];
}
