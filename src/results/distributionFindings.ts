import type { Figure } from './figure.ts';
import type { Finding } from './finding.ts';
import { repeatedWorkloads, type Run } from './runs.ts';
import { subjectsOf } from './verdicts.ts';

/** How the slowest requests of each workload of a run fare on each arm, and what its percentiles leave out. */
export function distributionFindings(figure: Figure, runs: readonly Run[], run: number): Finding[] {
  const { plan, samples = [] } = runs[run]?.document ?? {};
  const tails = subjectsOf(figure, run).flatMap((series): Finding[] => {
    const { arm, against } = series;
    const place = series.points.findLastIndex((point) => point?.ratio !== undefined);
    const point = series.points[place];
    const baseline = figure.series.find(
      (each) => each.run === run && each.arm === against && each.variant === series.variant,
    )?.points[place];
    if (against === undefined || point?.ratio === undefined || baseline === undefined) return [];
    const { label: at, median: us, ratio } = point;
    return [{ kind: 'tail', at, arm, against, us, baselineUs: baseline.median, ratio }];
  });
  const measured = new Set(
    samples.flatMap((sample) =>
      sample.experiment === 'workload' && sample.percentiles !== undefined ? sample.workload : [],
    ),
  );
  const repeated = repeatedWorkloads(plan ?? {});
  const closed = (plan?.workloads ?? []).filter(
    ({ name, openLoop }) => measured.has(name) && !repeated.has(name) && openLoop !== true,
  );
  return [
    ...(tails.length === 0 ? [{ kind: 'nothingCompared' } as const] : tails),
    ...(closed.length === 0
      ? []
      : [{ kind: 'closedLoop', names: closed.map(({ name }) => name) } as const]),
  ];
}
