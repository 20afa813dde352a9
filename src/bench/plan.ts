import type { Policy } from '../bypass/status.ts';
import type { Arm, Plan, Point, Sample } from './document.ts';
import { groupBy, isCompared, pairsOf } from './samples.ts';
import { pairedRatio, precisionOf } from './statistics.ts';
import { BASELINE, sizeKey, sizeLabel } from './summary.ts';

/** The arm that measures a policy. */
export const bypassArm = (policy: Policy): Arm =>
  policy === 'classic' ? 'bypass-classic' : 'bypass';

/** The policy an arm measures; undefined for those outside of every bypass. */
export function policyOf(arm: Arm): Policy | undefined {
  if (arm === 'bypass') return 'guarded';
  return arm === 'bypass-classic' ? 'classic' : undefined;
}

export const streams = (sizes: readonly number[], arms: Arm[]): Point[] =>
  sizes.map((messageBytes) => ({ experiment: 'throughput', messageBytes, arms }));

export const roundTrips = (
  requests: readonly number[],
  responses: readonly number[],
  arms: Arm[],
) =>
  requests.flatMap((requestBytes) =>
    responses.map((responseBytes): Point => ({
      experiment: 'latency',
      requestBytes,
      responseBytes,
      arms,
    })),
  );

/** About a minute: where Nagle batches, where it no longer does, and one round trip. */
export function quickPlan(policy: Policy): Plan {
  const bypass = bypassArm(policy);
  return {
    name: 'quick',
    points: [
      ...streams([64, 4096, 65_536], ['tcp', 'tcp-nodelay', bypass]),
      // A round trip has nothing to batch: Nagle makes no difference.
      ...roundTrips([64], [64], ['tcp', bypass]),
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
    minRepetitions: 3,
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

/** The plans that have a name, for the policy that is loaded. */
export const PROFILES = { quick: quickPlan, standard: standardPlan, article: articlePlan } as const;
export type Profile = keyof typeof PROFILES;
export const isProfile = (name: string): name is Profile => Object.hasOwn(PROFILES, name);

/** What is wrong with a plan beyond its form; undefined: nothing. */
export function planFault(plan: Plan): string | undefined {
  const seen = new Set<string>();
  for (const point of plan.points) {
    const at = pointLabel(point);
    if (seen.has(sizeKey(point))) return `${at} is there twice`;
    seen.add(sizeKey(point));
    const twice = point.arms.find((arm, index) => point.arms.indexOf(arm) !== index);
    if (twice !== undefined) return `${at} has the arm ${twice} twice`;
    if (point.experiment === 'latency' && point.arms.includes('unix')) {
      return `${at} has the arm unix, of which netperf measures no latencies: streams alone`;
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

/** What the other arms of a point are compared with. */
export const baselineOf = ({ arms }: Point): Arm | undefined =>
  arms.includes(BASELINE) ? BASELINE : arms[0];

/** Rounds that every point gets. */
const atLeast = ({ minRepetitions = 3, repetitions }: Plan): number =>
  Math.min(minRepetitions, repetitions);

/**
 * Whether a point has what the plan asks for after some whole rounds: each arm's ratio to the
 * baseline known to within `targetInterval`, or the limit.
 * @param samples those of the point.
 */
function isSettled(plan: Plan, point: Point, rounds: number, samples: readonly Sample[]): boolean {
  if (rounds >= plan.repetitions) return true;
  const { targetInterval } = plan;
  if (targetInterval === undefined || rounds < atLeast(plan)) return false;
  const baseline = baselineOf(point);
  return point.arms.every((arm) => {
    if (arm === baseline || baseline === undefined) return true;
    const ratio = pairedRatio(pairsOf(samples, arm, baseline));
    return ratio !== undefined && precisionOf(ratio) <= targetInterval;
  });
}

/** Arms next to each other in time and in turned order every second round (ABBA); then the timed ones. */
function slotsOf(plan: Plan, point: Point, repetition: number): Slot[] {
  const arms = repetition % 2 === 0 ? point.arms : point.arms.toReversed();
  const timed =
    plan.bpfTime === true && point.experiment === 'throughput' && repetition < atLeast(plan)
      ? point.arms.filter((arm) => policyOf(arm) !== undefined)
      : [];
  return [
    ...arms.map((arm) => ({ point, arm, repetition, timed: false })),
    ...timed.map((arm) => ({ point, arm, repetition, timed: true })),
  ];
}

/** What is left of a run. */
export interface Schedule {
  /** The rest of the round under way, in its order; empty when all is measured. */
  readonly slots: readonly Slot[];
  /** Samples after it, if no point settles before the limit. */
  readonly later: number;
}

/**
 * The order of the samples: round by round over all points that are not settled, so that a drift of
 * the host's speed falls on all arms alike. It follows from the samples alone: a run that was cut
 * off goes on with the same order.
 */
export function schedule(plan: Plan, samples: readonly Sample[]): Schedule {
  const bySize = groupBy(samples, sizeKey);
  const rest = plan.points.map((point) => restOf(plan, point, bySize.get(sizeKey(point)) ?? []));
  const left = rest.filter((slots) => slots.length > 0);
  const round = Math.min(...left.map(([slot]) => slot?.repetition ?? Infinity));
  const slots = left.flat().filter(({ repetition }) => repetition === round);
  return { slots, later: left.flat().length - slots.length };
}

/** The missing samples of a point up to the limit; none when it is settled. */
function restOf(plan: Plan, point: Point, samples: readonly Sample[]): Slot[] {
  const key = (arm: Arm, repetition: number, timed: boolean) => `${arm}/${repetition}/${timed}`;
  const taken = new Set(
    samples.map((sample) => key(sample.arm, sample.repetition, !isCompared(sample))),
  );
  const missing = Array.from({ length: plan.repetitions }, (_, repetition) =>
    slotsOf(plan, point, repetition).filter(
      ({ arm, timed }) => !taken.has(key(arm, repetition, timed)),
    ),
  ).flat();
  const whole = missing[0]?.repetition ?? plan.repetitions;
  const begun = missing.length > 0 && samples.some(({ repetition }) => repetition >= whole);
  return !begun && isSettled(plan, point, whole, samples) ? [] : missing;
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
const OVERHEAD_SECONDS = 0.4;

/** Seconds a number of samples will take. */
export const estimatedSeconds = (plan: Plan, samples: number): number =>
  samples * (plan.secondsPerSample + OVERHEAD_SECONDS);

/** Samples and seconds of a whole run: at least, should each point settle at once, and at most. */
export function extentOf(plan: Plan): { samples: [number, number]; seconds: [number, number] } {
  const count = (repetitions: number) =>
    plan.points
      .flatMap((point) =>
        Array.from({ length: repetitions }, (_, repetition) => slotsOf(plan, point, repetition)),
      )
      .flat().length;
  const most = count(plan.repetitions);
  const least = plan.targetInterval === undefined ? most : count(atLeast(plan));
  return {
    samples: [least, most],
    seconds: [estimatedSeconds(plan, least), estimatedSeconds(plan, most)],
  };
}

export const pointLabel = (point: Point): string =>
  point.experiment === 'throughput'
    ? `throughput, ${sizeLabel(point)} messages`
    : `round trip, ${sizeLabel(point)}`;
