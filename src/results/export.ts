import * as l10n from '@vscode/l10n';
import {
  FIGURE_IDS,
  LATENCY_METRICS,
  pageName,
  type FigureId,
  type LatencyMetric,
} from './quantities.ts';
import type { ResultDocument, Sample } from './document.ts';
import { showsRatios, withMetric, type Figure, type Point, type Series } from './figure.ts';
import { figuresOf } from './figures.ts';
import type { Run } from './runs.ts';
import { bypassedPart, valueOf } from './samples.ts';
import { csvText, markdownText } from '../text.ts';
import { findingTexts } from './words/findingTexts.ts';
import { topologyOf } from './plan.ts';
import { reachText, topologyText } from './words/planText.ts';
import { timesText, verdictText } from './words/pointTexts.ts';
import { tableOf, type Table } from './pointsTable.ts';

type Cell = string | number | boolean | undefined;

const SAMPLE_COLUMNS: readonly (readonly [title: string, value: (sample: Sample) => Cell])[] = [
  ['experiment', (sample) => sample.experiment],
  ['arm', (sample) => sample.arm],
  ['messageBytes', (sample) => stream(sample)?.messageBytes],
  ['requestBytes', (sample) => trip(sample)?.requestBytes],
  ['responseBytes', (sample) => trip(sample)?.responseBytes],
  ['repetition', (sample) => sample.repetition],
  ['order', (sample) => sample.order],
  ['startedAt', (sample) => sample.startedAt],
  ['seconds', (sample) => sample.seconds],
  ['throughputBitsPerSecond', (sample) => stream(sample)?.throughputBitsPerSecond],
  ['transactionsPerSecond', (sample) => trip(sample)?.transactionsPerSecond],
  ['meanUs', (sample) => trip(sample)?.latencyUs.mean],
  ['stddevUs', (sample) => trip(sample)?.latencyUs.stddev],
  ['p50Us', (sample) => trip(sample)?.latencyUs.p50],
  ['p90Us', (sample) => trip(sample)?.latencyUs.p90],
  ['p99Us', (sample) => trip(sample)?.latencyUs.p99],
  ['workload', (sample) => workload(sample)?.workload],
  ['metric', (sample) => workload(sample)?.metric],
  ['value', (sample) => workload(sample) && valueOf(sample)],
  ['unit', (sample) => workload(sample)?.unit],
  ['higherIsBetter', (sample) => workload(sample)?.higherIsBetter],
  ['cpuSeconds', (sample) => workload(sample)?.cpuSeconds],
  ['peakMemoryBytes', (sample) => workload(sample)?.peakMemoryBytes],
  ['clientCpuPercent', ({ cpu }) => cpu?.client],
  ['serverCpuPercent', ({ cpu }) => cpu?.server],
  ['clientServiceDemand', ({ serviceDemand }) => serviceDemand?.client],
  ['serverServiceDemand', ({ serviceDemand }) => serviceDemand?.server],
  ['bpfRuns', ({ bpf }) => bpf?.runs],
  ['bpfNanoseconds', ({ bpf }) => bpf?.nanoseconds],
  ['redirectedBytes', ({ bpf }) => bpf?.redirectedBytes],
  ['redirectedMessages', ({ bpf }) => bpf?.redirectedMessages],
  ['bypassedPart', bypassedPart],
  ['loopbackBytes', ({ loopbackBytes }) => loopbackBytes],
  ['stealPercent', ({ noise }) => noise?.stealPercent],
  ['load1', ({ noise }) => noise?.load1],
];

const stream = (sample: Sample) => (sample.experiment === 'throughput' ? sample : undefined);
const trip = (sample: Sample) => ('latencyUs' in sample ? sample : undefined);
const workload = (sample: Sample) => (sample.experiment === 'workload' ? sample : undefined);

/** Every sample of every run, one a line, in the document's own units. */
export function samplesCsv(runs: readonly Run[]): string {
  return csvText([
    ['run', 'id', 'topology', 'reach', ...SAMPLE_COLUMNS.map(([title]) => title)],
    ...runs.flatMap(({ label, document }) =>
      document.samples.map((sample) => [
        label,
        document.id,
        topologyOf(document.plan),
        document.programs.reach,
        ...SAMPLE_COLUMNS.map(([, value]) => value(sample)),
      ]),
    ),
  ]);
}

type InFigure = {
  readonly figure: Figure;
  readonly run: Run | undefined;
  readonly series: Series;
  readonly point: Point;
};

const POINT_COLUMNS: readonly (readonly [title: string, value: (at: InFigure) => Cell])[] = [
  ['figure', ({ figure }) => figure.name],
  ['run', ({ run }) => run?.label],
  ['topology', ({ run }) => run && topologyOf(run.document.plan)],
  ['reach', ({ run }) => run?.document.programs.reach],
  ['arm', ({ series }) => series.arm],
  ['against', ({ series }) => series.against],
  ['requestBytes', ({ series }) => series.requestBytes],
  ['metric', ({ series }) => series.metric],
  ['bytes', ({ figure, point }) => (figure.names ? undefined : point.bytes)],
  ['workload', ({ figure, point }) => (figure.names ? point.label : undefined)],
  ['measured', ({ point }) => point.measured?.median],
  ['measuredUnit', ({ point }) => point.measured?.unit],
  [
    'unit',
    ({ figure, series }) =>
      showsRatios(figure) ? timesText(series.against) || figure.unit : figure.unit,
  ],
  ['count', ({ point }) => point.count],
  ['median', ({ point }) => point.median],
  ['medianLow', ({ point }) => point.interval?.low],
  ['medianHigh', ({ point }) => point.interval?.high],
  ['low', ({ point }) => point.low],
  ['high', ({ point }) => point.high],
  ['ratioToAgainst', ({ point }) => point.ratio?.ratio],
  ['ratioToAgainstLow', ({ point }) => point.ratio?.interval?.low],
  ['ratioToAgainstHigh', ({ point }) => point.ratio?.interval?.high],
  ['doubt', ({ point }) => point.doubt],
  ['finding', ({ figure, point }) => verdictText(point, figure.better)],
  ['quantisedBy', ({ point }) => point.step],
  ['meanUs', ({ point }) => point.details.meanUs],
  ['stddevUs', ({ point }) => point.details.stddevUs],
  ['clientCpuPercent', ({ point }) => point.details.cpuClient],
  ['serverCpuPercent', ({ point }) => point.details.cpuServer],
  ['clientServiceDemand', ({ point }) => point.details.demandClient],
  ['serverServiceDemand', ({ point }) => point.details.demandServer],
  ['cpuMicrosecondsPerUnit', ({ point }) => point.details.cpuPerUnit],
  ['cpusBusy', ({ point }) => point.details.cpusBusy],
  ['peakMemoryBytes', ({ point }) => point.details.peakMemory],
  ['bpfNanosecondsPerCall', ({ point }) => point.details.nanosecondsPerRun],
  ['bypassedPart', ({ point }) => point.details.bypassed],
  ['redirectedBytes', ({ point }) => point.details.redirectedBytes],
  ['loopbackBytes', ({ point }) => point.details.loopbackBytes],
];

/** The points of a figure, one a line. */
export function figureCsv(figure: Figure, runs: readonly Run[]): string {
  const rows = figure.series.flatMap((series) =>
    series.points.flatMap((point): Cell[][] => {
      if (!point) return [];
      const at = { figure, run: runs[series.run], series, point };
      return [POINT_COLUMNS.map(([, value]) => value(at))];
    }),
  );
  return csvText([POINT_COLUMNS.map(([title]) => title), ...rows]);
}

/** The findings in words, with the tables they are drawn from, as Markdown. */
export function reportMarkdown(runs: readonly Run[]): string {
  const figures = figuresOf(runs);
  const findings = findingTexts(figures, runs);
  const measured = FIGURE_IDS.filter((id) => !figures[id].absent);
  const sections = (measured.length > 0 ? measured : (['overview'] as const)).flatMap((id) => {
    const figure = figures[id];
    const shown =
      id === 'fig4' ? LATENCY_METRICS.map((metric) => withMetric(figure, metric)) : [figure];
    return section(figure, shown, findings[id]);
  });
  return `${[`# ${l10n.t('TCP/IP and its bypass, measured')}`, ...runs.map(factsOf), ...sections].join('\n\n')}\n`;
}

/** One page of the report, and below it what it was measured on. */
export function pageMarkdown(runs: readonly Run[], id: FigureId, metric: LatencyMetric): string {
  const figures = figuresOf(runs);
  const figure = withMetric(figures[id], metric);
  return `${[...section(figure, [figure], findingTexts(figures, runs, metric)[id]), ...runs.map(factsOf)].join('\n\n')}\n`;
}

/** @param shown its tables: several where it has several metrics. */
function section(
  { id, name, title, absent }: Figure,
  shown: readonly Figure[],
  findings: readonly string[],
): string[] {
  const number = id.startsWith('fig') ? ` (${name})` : '';
  return [
    `## ${id === 'overview' ? `${pageName(id)}: ` : ''}${title}${number}`,
    ...findings.map(markdownText),
    ...(absent ? [] : shown.map((each) => markdownTable(tableOf(each)))),
  ];
}

function factsOf({ label, document }: Run): string {
  const { host, plan, programs, samples } = document;
  const { reach } = programs;
  const taken =
    document.finishedAt === undefined
      ? l10n.t('not finished')
      : l10n.t('finished {0}', document.finishedAt);
  const facts: readonly (readonly [string, string])[] = [
    [l10n.t('Run'), label],
    [l10n.t('Host'), `${host.name}, ${host.distribution}, ${host.cpus} × ${host.architecture}`],
    [l10n.t('Kernel'), host.kernel],
    ['netperf', host.netperf],
    [l10n.t('Policy'), `${programs.policy} (${tagsOf(document)})`],
    [l10n.t('Cgroup'), document.cgroup],
    [
      l10n.t('Plan'),
      l10n.t(
        '{0}, {1} s a sample, up to {2} rounds',
        plan.name,
        plan.secondsPerSample,
        plan.repetitions,
      ),
    ],
    [l10n.t('Topology'), topologyText(plan)],
    ...(reach === undefined ? [] : [[l10n.t('Reach'), reachText(reach)] as const]),
    [l10n.t('Samples'), l10n.t('{0}, started {1}, {2}', samples.length, document.startedAt, taken)],
  ];
  return facts.map(([name, value]) => `- ${name}: ${markdownText(value)}`).join('\n');
}

const tagsOf = ({ programs }: ResultDocument): string =>
  Object.entries(programs.tags)
    .map(([name, tag]) => `${name} ${tag}`)
    .join(', ');

function markdownTable({ caption, columns, groups }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`;
  return [
    `${markdownText(caption)}:`,
    '',
    line(columns),
    `| --- | --- |${columns
      .slice(2)
      .map(() => ' ---: |')
      .join('')}`,
    ...groups.flatMap(({ size, rows }) =>
      rows.map(({ label, cells }) => line([size, label, ...cells])),
    ),
  ].join('\n');
}
