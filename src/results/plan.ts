import * as l10n from '@vscode/l10n';
import { mean } from 'simple-statistics';
import type {
  Arm,
  NetperfPoint,
  Plan,
  Point,
  ResultDocument,
  Sample,
  Topology,
} from './document.ts';
import { ratioOfRounds } from './ratios.ts';
import { bypassedShare, groupBy, isCompared, pairsOf } from './samples.ts';
import { precisionOf } from './statistics.ts';
import { baselineOf } from './arms.ts';
import { kindLabel, pointsOf, sizeKey, sizeLabel, type Size } from './sizes.ts';

type Policy = ResultDocument['programs']['policy'];

/** The arm that measures a policy. */
export const bypassArm = (policy: Policy): Arm =>
  policy === 'classic' ? 'bypass-classic' : 'bypass';

/** The policy an arm measures; undefined for those outside of every bypass. */
export function policyOf(arm: Arm): Policy | undefined {
  if (arm === 'bypass') return 'guarded';
  return arm === 'bypass-classic' ? 'classic' : undefined;
}

export const streams = (sizes: readonly number[], arms: Arm[]): NetperfPoint[] =>
  sizes.map((messageBytes) => ({ experiment: 'throughput', messageBytes, arms }));

export const roundTrips = (
  requests: readonly number[],
  responses: readonly number[],
  arms: Arm[],
) =>
  requests.flatMap((requestBytes) =>
    responses.map((responseBytes): NetperfPoint => ({
      experiment: 'latency',
      requestBytes,
      responseBytes,
      arms,
    })),
  );

/**
 * About a minute. One-way messages below 16 KiB go back to TCP, which batches them: one size shows that,
 * and the others what the bypass does.
 */
export function quickPlan(policy: Policy): Plan {
  const bypass = bypassArm(policy);
  return {
    name: 'quick',
    points: [
      ...streams([64], ['tcp', bypass]),
      ...streams([16_384, 32_768], ['tcp', 'tcp-nodelay', bypass]),
      // A round trip has nothing to batch: Nagle makes no difference.
      ...roundTrips([64], [64, 8192], ['tcp', bypass]),
    ],
    secondsPerSample: 1,
    repetitions: 5,
  };
}

/** About ten minutes: each of the article's figures, at fewer sizes. */
export function standardPlan(policy: Policy): Plan {
  const bypass = bypassArm(policy);
  return {
    name: 'standard',
    points: [
      ...streams([64, 256, 1024, 4096, 16_384, 65_536], ['tcp', 'tcp-nodelay', bypass]),
      ...roundTrips([64, 128, 256], [128, 1024, 8192, 32_768], ['tcp', bypass]),
    ],
    secondsPerSample: 1,
    repetitions: 10,
    minRepetitions: MIN_ROUNDS,
    targetInterval: 0.02,
    bpfTime: true,
  };
}

/**
 * The article's own sizes, 60 s a point: hours. Messages are those its scripts send (256 B, 512 B,
 * then every KiB to 18), requests those its figures name, responses 128 B to 32 KiB.
 */
export function articlePlan(policy: Policy): Plan {
  const bypass = bypassArm(policy);
  const messages = [256, 512, ...Array.from({ length: 18 }, (_, index) => 1024 * (index + 1))];
  const responses = Array.from({ length: 9 }, (_, index) => 128 << index);
  return {
    name: 'article',
    points: [
      ...streams(messages, ['tcp', 'tcp-nodelay', bypass]),
      ...roundTrips([64, 128, 256], responses, ['tcp', bypass]),
    ],
    secondsPerSample: 60,
    repetitions: 3,
    bpfTime: true,
  };
}

/** As quick, from one network namespace to another. */
const containersPlan = (policy: Policy): Plan => ({
  ...quickPlan(policy),
  name: 'containers',
  topology: 'namespaces',
});

/** Plans of before there was a choice are of the loopback device. */
export const topologyOf = ({ topology = 'loopback' }: Plan): Topology => topology;

/** The plans that have a name, for the policy that is loaded. */
export const PROFILES = {
  quick: quickPlan,
  standard: standardPlan,
  article: articlePlan,
  containers: containersPlan,
} as const;
export type Profile = keyof typeof PROFILES;

/** A fault in a plan beyond its form; undefined: none. */
export function planFault(plan: Plan): string | undefined {
  const seen = new Set<string>();
  for (const point of pointsOf(plan)) {
    const at = pointLabel(point);
    if (seen.has(sizeKey(point))) return l10n.t('{0} appears twice', at);
    seen.add(sizeKey(point));
    const twice = point.arms.find((arm, index) => point.arms.indexOf(arm) !== index);
    if (twice !== undefined) return l10n.t('{0} lists the variant {1} twice', at, twice);
    const isTrip = point.experiment === 'latency' || point.experiment === 'connections';
    if (isTrip && point.arms.includes('unix')) {
      return l10n.t(
        '{0} lists the variant unix, for which netperf measures streams only, not latency',
        at,
      );
    }
  }
  return undefined;
}

/** One sample to take. */
export interface Slot {
  readonly point: Point;
  readonly arm: Arm;
  readonly repetition: number;
  /** Whether it measures the run time of the BPF programs, and nothing else (see `isCompared`). */
  readonly timed: boolean;
}

/**
 * Rounds that every run gets, unless its plan asks for fewer in all. With fewer than 6 values a
 * median has no 95% interval (`medianRank`), nor would the rule that ends a run be sound.
 */
const MIN_ROUNDS = 6;
/** Rounds before a run may end by itself; all of them, where it does not. */
export const leastRounds = ({
  minRepetitions = MIN_ROUNDS,
  repetitions,
  targetInterval,
}: Plan): number =>
  targetInterval === undefined ? repetitions : Math.min(minRepetitions, repetitions);

/** Further samples for the time in the BPF programs alone, which varies little. */
const TIMED_ROUNDS = 3;

/**
 * Whether a run has what its plan asks for after some whole rounds: every ratio to the baseline
 * known to within `targetInterval`, or the limit.
 *
 * All points end together. One that ended by itself would end when its own rounds happen to agree,
 * and the interval of such rounds is too narrow: stopping at a width keeps the 95% only for many
 * rounds (Chow and Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals
 * for the mean", Ann. Math. Stat. 36:457, 1965; for few, Starr, "The performance of a sequential
 * procedure for the fixed-width interval estimation of the mean", Ann. Math. Stat. 37:36, 1966).
 * Simulated with normal noise of 0.5% to 14% and our plans: 91% with each point on its own from 3
 * rounds on, 93.5% from 6 on; 94.7% or more with all together. A plan with a single ratio decides
 * over itself all the same, and has 93%.
 */
function isSettled(plan: Plan, rounds: number, samples: readonly Sample[]): boolean {
  if (rounds >= plan.repetitions) return true;
  const { targetInterval } = plan;
  if (targetInterval === undefined || rounds < leastRounds(plan)) return false;
  const bySize = groupBy(samples, sizeKey);
  return pointsOf(plan).every((point) => {
    const baseline = baselineOf(point);
    return point.arms.every((arm) => {
      if (arm === baseline || baseline === undefined) return true;
      const own = bySize.get(sizeKey(point)) ?? [];
      const sides = [arm, baseline].map((side) =>
        bypassedShare(own.filter((sample) => sample.arm === side && isCompared(sample))),
      );
      const { ratio, doubt } = ratioOfRounds(sides, pairsOf(own, arm, baseline));
      // More rounds of TCP under another name would tell nobody anything.
      return doubt !== undefined || (ratio !== undefined && precisionOf(ratio) <= targetInterval);
    });
  });
}

/** Arms next to each other in time and in turned order every second round (ABBA); then the timed ones. */
function slotsOf(plan: Plan, point: Point, repetition: number): Slot[] {
  const arms = repetition % 2 === 0 ? point.arms : point.arms.toReversed();
  const timed =
    plan.bpfTime === true && point.experiment === 'throughput' && repetition < TIMED_ROUNDS
      ? point.arms.filter((arm) => policyOf(arm) !== undefined)
      : [];
  return [
    ...arms.map((arm) => ({ point, arm, repetition, timed: false })),
    ...timed.map((arm) => ({ point, arm, repetition, timed: true })),
  ];
}

/** The rest of a run. */
export interface Schedule {
  /** The rest of the round under way, in its order; empty when all is measured. */
  readonly slots: readonly Slot[];
  /** Samples after it, if the run goes on to its limit. */
  readonly later: number;
}

const roundOf = (plan: Plan, repetition: number): Slot[] =>
  pointsOf(plan).flatMap((point) => slotsOf(plan, point, repetition));

/**
 * The order of the samples: round by round over all points, so that a drift of the host's speed
 * falls on all arms alike. It follows from the samples alone: a run that was cut off goes on with
 * the same order.
 */
export function schedule(plan: Plan, samples: readonly Sample[]): Schedule {
  const key = (size: Size, { arm, repetition, timed }: Omit<Slot, 'point'>) =>
    `${sizeKey(size)} ${arm} ${repetition} ${timed}`;
  const taken = new Set(
    samples.map((sample) => key(sample, { ...sample, timed: !isCompared(sample) })),
  );
  const missing = Array.from({ length: plan.repetitions }, (_, repetition) =>
    roundOf(plan, repetition),
  )
    .flat()
    .filter((slot) => !taken.has(key(slot.point, slot)));
  const round = missing[0]?.repetition ?? plan.repetitions;
  const isBegun = samples.some(({ repetition }) => repetition >= round);
  if (!isBegun && isSettled(plan, round, samples)) return { slots: [], later: 0 };
  const slots = missing.filter(({ repetition }) => repetition === round);
  return { slots, later: missing.length - slots.length };
}

/**
 * The samples to keep of a run that was cut off. Arms are compared within a round, side by side: of
 * a point whose round was cut in half that round goes, and is measured again.
 */
export function wholeRounds(plan: Plan, samples: readonly Sample[]): Sample[] {
  const last = samples.at(-1);
  if (last === undefined) return [];
  const [next] = schedule(plan, samples).slots;
  const halved =
    next !== undefined &&
    sizeKey(next.point) === sizeKey(last) &&
    next.repetition === last.repetition;
  return samples.filter(
    (sample) =>
      !halved || sizeKey(sample) !== sizeKey(last) || sample.repetition !== last.repetition,
  );
}

/** Starting netperf, its handshake and reading the counters, on top of a sample's own length. */
const OVERHEAD_SECONDS = 0.25;
/** The same of a workload, with its server's start. */
const START_SECONDS = 0.75;

/** Seconds a number of samples will take. */
export function estimatedSeconds(plan: Plan, samples: number): number {
  const { points, workloads = [], secondsPerSample } = plan;
  const overheads = [
    ...points.flatMap(({ arms }) => arms.map(() => OVERHEAD_SECONDS)),
    ...workloads.flatMap(({ arms, warmup }) => arms.map(() => START_SECONDS + warmup)),
  ];
  return samples * (secondsPerSample + (overheads.length === 0 ? 0 : mean(overheads)));
}

/** Samples of so many rounds, those that are timed among them. */
function samplesIn(plan: Plan, rounds: number): number {
  const timedRounds = Math.min(rounds, TIMED_ROUNDS);
  const inRound = (repetition: number) => roundOf(plan, repetition).length;
  return timedRounds * inRound(0) + (rounds - timedRounds) * inRound(TIMED_ROUNDS);
}

/** Samples and seconds of a whole run: at least, should it settle at once, and at most. */
export function extentOf(plan: Plan): { samples: [number, number]; seconds: [number, number] } {
  const most = samplesIn(plan, plan.repetitions);
  const least = samplesIn(plan, leastRounds(plan));
  return {
    samples: [least, most],
    seconds: [estimatedSeconds(plan, least), estimatedSeconds(plan, most)],
  };
}

export function pointLabel(point: Point): string {
  const label = `${kindLabel(point)}, ${sizeLabel(point)}`;
  return point.experiment === 'throughput' ? l10n.t('{0} messages', label) : label;
}
