import type { Arm, WorkloadSample } from './document.ts';
import type { Figure, Point } from './figure.ts';
import type { Finding } from './finding.ts';
import type { Run } from './runs.ts';
import { ARM_ORDER, baselineOf } from './arms.ts';
import { bypassedShare, doubtOf, groupBy } from './samples.ts';
import { seriesOfRun } from './verdicts.ts';

/** How each workload of a run fares on each arm, against its baseline. */
export function workloadFindings(figure: Figure, runs: readonly Run[], run: number): Finding[] {
  const samples = runs[run]?.document.samples ?? [];
  const byName = groupBy(
    samples.filter((sample) => sample.experiment === 'workload'),
    ({ workload }) => workload,
  );
  const series = seriesOfRun(figure, run);
  const found = (figure.names ?? []).flatMap((name, place) => {
    const byArm = groupBy(byName.get(name) ?? [], ({ arm }) => arm);
    const against = baselineOf({ arms: [...byArm.keys()] });
    return ARM_ORDER.flatMap((arm): Finding[] => {
      const own = byArm.get(arm);
      if (own === undefined || against === undefined || arm === against) return [];
      const point = series.find((each) => each.arm === arm)?.points[place];
      return point ? compared(name, arm, against, point) : [openOf(name, arm, own)];
    });
  });
  return found.length === 0 ? [{ kind: 'nothingCompared' }] : found;
}

function compared(
  name: string,
  arm: Arm,
  against: Arm,
  { measured, reference, ratio }: Point,
): Finding[] {
  if (!measured || !reference || !ratio) return [];
  return [{ kind: 'workload', name, arm, against, measured, reference, ratio }];
}

/** One that is compared with nothing, and why. */
const openOf = (name: string, arm: Arm, own: readonly WorkloadSample[]): Finding => ({
  kind: 'openWorkload',
  name,
  arm,
  doubt: doubtOf(bypassedShare(own)),
});
