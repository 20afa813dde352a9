import * as l10n from '@vscode/l10n';
import { median } from 'simple-statistics';
import type { Arm, WorkloadSample } from './document.ts';
import type { Figure, Measured, Point } from './figure.ts';
import type { Cell, Value } from './points.ts';
import { rateOf } from './samples.ts';
import { ARM_LABELS, ARM_ORDER, baselineOf } from './arms.ts';
import { seriesOf, type Line } from './series.ts';
import { spreadOf } from './statistics.ts';
import type { IndexedRun } from './runs.ts';

/** As a rate, of which more is better, whatever the unit; a time of 0 has none. */
const speed: Value = (sample) =>
  sample.experiment === 'workload' ? rateOf(sample) || undefined : undefined;

/** How many times as fast as its baseline each arm is, workload by workload; the baseline itself lies at 1. */
export function workloadFigure(runs: readonly IndexedRun[]): Figure {
  const names = [...new Set(runs.flatMap(({ index }) => [...index.workloads().keys()]))];
  const lines = runs.flatMap(({ index, label }, run) => {
    const workloads = index.workloads();
    return ARM_ORDER.flatMap((arm): Line[] => {
      const cells = names.map((name) => workloads.get(name) ?? new Map<Arm, Cell>());
      const baselines = cells.map((arms) => baselineOf({ arms: [...arms.keys()] }));
      const against = baselines.find(
        (baseline, place) => baseline !== arm && cells[place]?.has(arm),
      );
      const points = cells.map((arms, place): Point | undefined => {
        const own = arms.get(arm);
        const baseline = baselines[place];
        if (!own || baseline === undefined) return undefined;
        const other = arms.get(baseline);
        const at = { bytes: place + 1, label: names[place] ?? '' };
        // A line is compared with one of several baselines: the others' workloads have no point.
        if (arm === baseline) return { ...reference(own), ...at };
        if (baseline !== against || !other) return undefined;
        const ratio = own.ratio(speed, other);
        return (
          ratio && { ...ratio, ...at, measured: measuredIn(own), reference: measuredIn(other) }
        );
      });
      return [
        {
          arm,
          run,
          ...(against !== undefined && { against }),
          variantLabel: '',
          runLabel: runs.length > 1 ? label : '',
          breaks: points.flatMap((point, place) =>
            point === undefined && cells[place]?.has(arm) ? [place + 1] : [],
          ),
          points,
        },
      ];
    });
  });
  const series = seriesOf(lines);
  const all = [...new Set(series.flatMap((each) => each.against ?? []))];
  const baseline = all.length > 1 ? l10n.t('its baseline') : ARM_LABELS[all[0] ?? 'tcp'];
  return {
    id: 'workloads',
    name: l10n.t('Workloads'),
    title: l10n.t('Speed of workloads compared with {0}', baseline),
    xTitle: l10n.t('Workload'),
    yTitle: l10n.t('Times as fast as {0} (above 1 is faster)', baseline),
    unit: `× ${baseline}`,
    better: 'higher',
    quantity: l10n.t('speed'),
    sizes: names.map((_, place) => place + 1),
    names,
    series,
    absent: series.length === 0,
  };
}

/** The baseline, which is as fast as itself. */
function reference(own: Cell): Omit<Point, 'bytes' | 'label'> {
  const values = own.samples.map(() => 1);
  const { details } = own;
  return { ...spreadOf(values), count: values.length, values, details, measured: measuredIn(own) };
}

const workloadSamples = ({ samples }: Cell): WorkloadSample[] =>
  samples.filter((sample) => sample.experiment === 'workload');

/** The measured value, in its own unit. */
function measuredIn(cell: Cell): Measured {
  const samples = workloadSamples(cell);
  const values = samples.map(({ metrics, metric }) => metrics[metric] ?? 0);
  const [first] = samples;
  return { median: median(values), unit: first?.unit ?? '', better: betterOf(first) };
}

const betterOf = (sample: WorkloadSample | undefined): Measured['better'] =>
  sample?.higherIsBetter === false ? 'lower' : 'higher';
