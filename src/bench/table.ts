import { isCoarse, verdictText } from './findings.ts';
import type { Details, Figure, Point } from './figures.ts';
import { amount, decimal, factor, number, part } from './format.ts';
import { ARM_LABELS, bytes } from './summary.ts';

/** A figure as a table of text: for the panel and for reports. */
export type Table = {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly groups: readonly Group[];
};
/** The rows of one size. */
export type Group = { readonly size: string; readonly rows: readonly Row[] };
export type Row = {
  readonly arm: string;
  readonly label: string;
  readonly cells: readonly string[];
};

type Column = { readonly title: string; readonly cell: (point: Point) => string | undefined };

const NONE = '–';

export function tableOf(figure: Figure): Table {
  const columns = columnsOf(figure);
  const groups = figure.sizes.map((size, place) => ({
    size: bytes(size),
    rows: figure.series.flatMap(({ arm, label, points }) => {
      const point = points[place];
      if (!point) return [];
      return [{ arm, label, cells: columns.map(({ cell }) => cell(point) ?? NONE) }];
    }),
  }));
  return {
    caption: `${figure.name}: ${figure.title}, in ${figure.unit}`,
    columns: [figure.xTitle, 'Series', ...columns.map(({ title }) => title)],
    groups: groups.filter(({ rows }) => rows.length > 0),
  };
}

function columnsOf(figure: Figure): Column[] {
  if (figure.id === 'overview') {
    return [
      { title: 'Rounds', cell: ({ count }) => String(count) },
      { title: '× TCP', cell: ({ median }) => factor(median) },
      interval,
      verdict(figure),
    ];
  }
  const { baseline } = figure;
  return [
    { title: 'Samples', cell: ({ count }) => String(count) },
    { title: 'Median', cell: valueOf(({ median }) => median) },
    {
      title: 'Its 95% interval',
      cell: ({ interval: of, step }) =>
        of && [of.low, of.high].map((end) => valueText(end, step)).join(' to '),
    },
    { title: 'Lowest', cell: valueOf(({ low }) => low) },
    { title: 'Highest', cell: valueOf(({ high }) => high) },
    ...(figure.series.some(({ points }) => points.some((point) => point?.step !== undefined))
      ? [quantised]
      : []),
    ...(baseline === undefined
      ? []
      : [
          {
            title: `× ${ARM_LABELS[baseline]}`,
            cell: ({ ratio }: Point) => ratio && factor(ratio.ratio),
          },
          interval,
          verdict(figure),
        ]),
    ...detailColumns(figure),
  ];
}

/** Percentiles are counted, and the rest measured. */
const valueText = (value: number, step: number | undefined): string =>
  step === undefined ? decimal(value) : number(value);
const valueOf = (value: (point: Point) => number) => (point: Point) =>
  valueText(value(point), point.step);

/** Where the histogram's step hides differences people ask about. */
const quantised: Column = {
  title: 'Quantised',
  cell: (point) => (isCoarse(point) ? `in steps of ${number(point.step ?? 0)} µs` : undefined),
};

const interval: Column = {
  title: 'Interval of ratio',
  cell: ({ ratio }) =>
    ratio?.interval && `${factor(ratio.interval.low)} to ${factor(ratio.interval.high)}`,
};

const verdict = ({ better }: Figure): Column => ({
  title: 'Finding',
  cell: ({ ratio }) => ratio && verdictText(ratio, better),
});

const DETAILS: Readonly<
  Record<keyof Details, readonly [title: string, text: (value: number) => string]>
> = {
  meanUs: ['Mean µs', decimal],
  stddevUs: ['Std dev µs', decimal],
  cpuClient: ['Client CPU %', decimal],
  cpuServer: ['Server CPU %', decimal],
  demandClient: ['Client demand', decimal],
  demandServer: ['Server demand', decimal],
  nanosecondsPerRun: ['ns per call', decimal],
  bypassed: ['Bypassed', part],
  redirectedBytes: ['Redirected', amount],
  loopbackBytes: ['Over loopback', amount],
};

/** Those of which the figure has any. */
const detailColumns = ({ id, series }: Figure): Column[] =>
  (Object.keys(DETAILS) as (keyof Details)[])
    .filter((name) =>
      series.some(({ points }) => points.some((point) => point?.details[name] !== undefined)),
    )
    .map((name) => {
      const [title, text] = DETAILS[name];
      const per = ['fig4', 'fig5', 'fig6'].includes(id) ? 'transaction' : 'KB';
      return {
        title: name.startsWith('demand') ? `${title}, µs per ${per}` : title,
        cell: ({ details }) => {
          const value = details[name];
          return value === undefined ? undefined : text(value);
        },
      };
    });
