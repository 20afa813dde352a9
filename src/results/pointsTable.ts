import * as l10n from '@vscode/l10n';
import type { Arm } from './document.ts';
import { isCoarse } from './verdicts.ts';
import { doubtsText, timesText, verdictText } from './words/pointTexts.ts';
import {
  commonBaseline,
  placeText,
  showsRatios,
  type Details,
  type Figure,
  type Point,
  type Series,
} from './figure.ts';
import { amount, decimal, factor, number, part } from './format.ts';

/** A figure as a table of text: for the panel and for reports. */
export type Table = {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly groups: readonly Group[];
};
/** The rows of one size. */
type Group = { readonly size: string; readonly rows: readonly Row[] };
type Row = {
  readonly arm: string;
  readonly label: string;
  readonly cells: readonly string[];
};

type Column = {
  readonly title: string;
  readonly cell: (point: Point, series: Series) => string | undefined;
};

const NONE = '–';

export function tableOf(figure: Figure): Table {
  const columns = columnsOf(figure);
  const groups = figure.sizes.map((_, place) => ({
    size: placeText(figure, place),
    rows: figure.series.flatMap((series) => {
      const { arm, label } = series;
      const point = series.points[place];
      if (!point) return [];
      return [{ arm, label, cells: columns.map(({ cell }) => cell(point, series) ?? NONE) }];
    }),
  }));
  return {
    caption: l10n.t('{0}, in {1}', figure.title, figure.unit),
    columns: [figure.xTitle, l10n.t('Series'), ...columns.map(({ title }) => title)],
    groups: groups.filter(({ rows }) => rows.length > 0),
  };
}

function columnsOf(figure: Figure): Column[] {
  const only = commonBaseline(figure);
  const isCompared = figure.series.some(({ against }) => against !== undefined);
  if (showsRatios(figure)) {
    const isOfWorkloads = figure.id === 'workloads';
    return [
      { title: l10n.t('Rounds'), cell: ({ count }) => String(count) },
      ...(isOfWorkloads ? [measured] : []),
      ratioColumn(only, ({ median }) => median),
      interval,
      verdict(figure),
      ...(isOfWorkloads ? detailColumns(figure) : []),
    ];
  }
  const isOfPercentiles = figure.id === 'distribution';
  // Percentiles are counted, and the rest measured.
  const textOf = (value: number, { step }: Point): string =>
    isOfPercentiles || step !== undefined ? number(value) : decimal(value);
  const valueOf = (value: (point: Point) => number) => (point: Point) =>
    textOf(value(point), point);
  return [
    { title: l10n.t('Samples'), cell: ({ count }) => String(count) },
    { title: l10n.t('Median'), cell: valueOf(({ median }) => median) },
    {
      title: l10n.t('95% CI'),
      cell: (point) => {
        const { interval: of } = point;
        return of && [of.low, of.high].map((end) => textOf(end, point)).join(l10n.t(' to '));
      },
    },
    { title: l10n.t('Lowest'), cell: valueOf(({ low }) => low) },
    { title: l10n.t('Highest'), cell: valueOf(({ high }) => high) },
    ...(figure.series.some(({ points }) => points.some((point) => point?.step !== undefined))
      ? [quantised]
      : []),
    ...(isCompared ? [ratioColumn(only, ({ ratio }) => ratio?.ratio), interval] : []),
    ...(isCompared || doubtsText(figure) !== '' ? [verdict(figure)] : []),
    // CPU time and bytes are of the whole sample, and stand on the page of workloads.
    ...(isOfPercentiles ? [] : detailColumns(figure)),
  ];
}

/** Names what ratios are to: once, where all are to the same, else each time. */
const ratioColumn = (
  only: Arm | undefined,
  ratioOf: (point: Point) => number | undefined,
): Column => ({
  title: only === undefined ? l10n.t('Ratio') : timesText(only),
  cell: (point, { against }) => {
    const ratio = ratioOf(point);
    if (ratio === undefined) return undefined;
    return only === undefined ? `${factor(ratio)} ${timesText(against)}` : factor(ratio);
  },
});

/** Where the histogram's step hides differences people ask about. */
const quantised: Column = {
  get title() {
    return l10n.t('Quantised');
  },
  cell: (point) =>
    isCoarse(point) ? l10n.t('in steps of {0} µs', number(point.step ?? 0)) : undefined,
};

const interval: Column = {
  get title() {
    return l10n.t('Ratio (95% CI)');
  },
  cell: ({ ratio }) =>
    ratio?.interval &&
    l10n.t('{0} to {1}', factor(ratio.interval.low), factor(ratio.interval.high)),
};

/** The values behind a ratio. */
const measured: Column = {
  get title() {
    return l10n.t('Median');
  },
  cell: (point) => point.measured && `${decimal(point.measured.median)} ${point.measured.unit}`,
};

const verdict = ({ better }: Figure): Column => ({
  title: l10n.t('Finding'),
  cell: (point) => verdictText(point, better),
});

/** Titles are translated where they are read; those of demands are completed. */
export const DETAILS: Readonly<
  Record<keyof Details, readonly [title: string, text: (value: number) => string]>
> = {
  meanUs: ['Mean µs', decimal],
  stddevUs: ['Std dev µs', decimal],
  cpuClient: ['Client CPU %', decimal],
  cpuServer: ['Server CPU %', decimal],
  demandClient: ['Client demand, µs per {0}', decimal],
  demandServer: ['Server demand, µs per {0}', decimal],
  cpuPerUnit: ['CPU µs per unit', decimal],
  cpusBusy: ['CPUs busy', decimal],
  peakMemory: ['Peak memory', amount],
  nanosecondsPerRun: ['ns per call', decimal],
  bypassed: ['Bypassed', part],
  shared: ['Samples with others’ traffic', String],
  redirectedBytes: ['Redirected', amount],
  loopbackBytes: ['Over TCP/IP', amount],
};

/** Those of which the figure has any. */
const detailColumns = ({ id, series }: Figure): Column[] =>
  (Object.keys(DETAILS) as (keyof Details)[])
    .filter((name) =>
      series.some(({ points }) => points.some((point) => point?.details[name] !== undefined)),
    )
    .map((name) => {
      const [title, text] = DETAILS[name];
      const isOfTrips = ['fig4', 'fig5', 'fig6', 'connections'].includes(id);
      return {
        title: l10n.t(title, isOfTrips ? l10n.t('transaction') : 'KB'),
        cell: ({ details }) => {
          const value = details[name];
          return value === undefined ? undefined : text(value);
        },
      };
    });
