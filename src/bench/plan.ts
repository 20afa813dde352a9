import type { Policy } from '../bypass/status.ts';
import type { Arm, Plan, Point } from './document.ts';
import { sizeLabel } from './summary.ts';

/** The arm that measures what is loaded. */
export const bypassArm = (policy: Policy): Arm =>
  policy === 'classic' ? 'bypass-classic' : 'bypass';

/** About a minute: where Nagle batches, where it no longer does, and one round trip. */
export function quickPlan(policy: Policy): Plan {
  const arms: Arm[] = ['tcp', 'tcp-nodelay', bypassArm(policy)];
  const throughput = [64, 4096, 65536].map((messageBytes): Point => ({
    experiment: 'throughput',
    messageBytes,
    arms,
  }));
  const latency: Point = {
    experiment: 'latency',
    requestBytes: 64,
    responseBytes: 64,
    // A round trip has nothing to batch: Nagle makes no difference.
    arms: ['tcp', bypassArm(policy)],
  };
  return { name: 'quick', points: [...throughput, latency], secondsPerSample: 1, repetitions: 5 };
}

/** One sample to take. */
export interface Slot {
  readonly point: Point;
  readonly arm: Arm;
  readonly repetition: number;
}

/**
 * The order of the samples: round by round over all points, arms next to each other in time and in
 * turned order every second round (ABBA), so that a drift of the host's speed falls on all alike.
 */
export function schedule(plan: Plan): Slot[] {
  return Array.from({ length: plan.repetitions }, (_, repetition) =>
    plan.points.flatMap((point) =>
      (repetition % 2 === 0 ? point.arms : point.arms.toReversed()).map((arm) => ({
        point,
        arm,
        repetition,
      })),
    ),
  ).flat();
}

/** Starting netperf, its handshake and reading the counters, on top of a sample's own length. */
const OVERHEAD_SECONDS = 0.4;

/** Seconds a number of samples will take. */
export const estimatedSeconds = (plan: Plan, samples: number): number =>
  samples * (plan.secondsPerSample + OVERHEAD_SECONDS);

export const pointLabel = (point: Point): string =>
  point.experiment === 'throughput'
    ? `throughput, ${sizeLabel(point)} messages`
    : `round trip, ${sizeLabel(point)}`;
