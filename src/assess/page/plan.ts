import type { Plan } from '../../results/document.ts';
import { roundTrips, streams } from '../../results/plan.ts';
import type { Verdict } from '../assessment.ts';

/**
 * A benchmark with the sizes that were seen, of a few minutes at most.
 * @returns undefined where none were.
 */
export function seenSizesPlan({ sizes, reach }: Verdict): Plan | undefined {
  const points = sizes.flatMap((size) => {
    switch (size.experiment) {
      case 'throughput':
        return streams([size.messageBytes], ['tcp', 'tcp-nodelay', 'bypass']);
      case 'latency':
        return roundTrips([size.requestBytes], [size.responseBytes], ['tcp', 'bypass']);
      default:
        return [];
    }
  });
  if (points.length === 0) return undefined;
  return {
    name: 'seen sizes',
    points,
    ...(reach === 'host' && { topology: 'namespaces' as const }),
    secondsPerSample: 1,
    repetitions: 10,
    targetInterval: 0.05,
  };
}
