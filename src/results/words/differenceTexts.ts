import * as l10n from '@vscode/l10n';
import type { Comparison, Difference, FACTS, Note } from '../compare.ts';
import { factor, number, when } from '../format.ts';
import { MOST_TIMES } from '../ratios.ts';
import type { Ratio } from '../statistics.ts';
import { DOUBTS, stallText } from './outcomeTexts.ts';
import { reachText, topologyText } from './planText.ts';

/** Names of the facts of a host. */
export const FACT_LABELS: Readonly<Record<(typeof FACTS)[number], string>> = {
  get name() {
    return l10n.t('host');
  },
  get kernel() {
    return l10n.t('kernel');
  },
  get architecture() {
    return l10n.t('architecture');
  },
  get distribution() {
    return l10n.t('distribution');
  },
  get cpuModel() {
    return l10n.t('CPU model');
  },
  get cpus() {
    return l10n.t('number of CPUs');
  },
  get virtual() {
    return l10n.t('virtualisation');
  },
  get governor() {
    return l10n.t('governor');
  },
  get turbo() {
    return l10n.t('turbo');
  },
  get netperf() {
    return l10n.t('netperf');
  },
};

/** How two runs differ beside their figures, in sentences. */
export const noteTexts = ({ notes }: Pick<Comparison, 'notes'>): string[] => notes.map(noteText);

function noteText(note: Note): string {
  switch (note.kind) {
    case 'machines':
      return l10n.t('The runs were made on two different machines.');
    case 'topologies':
      return l10n.t(
        'The topology differs, so the figures are not of the same thing: {0} before; {1} after.',
        topologyText(note.before),
        topologyText(note.after),
      );
    case 'fact':
      return l10n.t(
        'The {0} differs: {1} before, {2} after.',
        FACT_LABELS[note.fact],
        valueText(note.before),
        valueText(note.after),
      );
    case 'programs':
      return l10n.t('The BPF programs differ.');
    case 'reaches':
      return l10n.t(
        'The bypass paired connections {0} before, {1} after.',
        reachText(note.before),
        reachText(note.after),
      );
    case 'seconds':
      return l10n.t('A sample took {0} s before, {1} s after.', note.before, note.after);
    case 'unfinished':
      return l10n.t('The run of {0} was interrupted.', when(note.startedAt));
    case 'notInCommon':
      return l10n.t(
        'Sizes of a variant that only one run measured: {0} before, {1} after.',
        note.before,
        note.after,
      );
  }
}

function valueText(value: string | number | boolean | undefined): string {
  if (typeof value === 'boolean') return value ? l10n.t('on') : l10n.t('off');
  return value === undefined ? l10n.t('unknown') : String(value);
}

/** `mostly TCP before and after`; empty where the bypass is what was measured. */
export function doubtText({ doubts: { before, after } }: Difference): string {
  if (before !== undefined && before === after)
    return l10n.t('{0} before and after', DOUBTS[before]);
  return [
    before && l10n.t('{0} before', DOUBTS[before]),
    after && l10n.t('{0} after', DOUBTS[after]),
  ]
    .filter(Boolean)
    .join(', ');
}

/** In which of the runs it stalled, if in any: "stalled in 1 of 4 rounds before". */
export const stallTexts = ({ stalls }: Difference): string[] =>
  (['before', 'after'] as const).flatMap((run) =>
    stalls[run].stalled === 0
      ? []
      : run === 'before'
        ? [l10n.t('{0} before', stallText(stalls[run]))]
        : [l10n.t('{0} after', stallText(stalls[run]))],
  );

/** "-10.2% (-12.0% to -8.3%)". */
export function changeText(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '';
  const { interval } = ratio;
  return interval === undefined
    ? signed(ratio.ratio)
    : l10n.t('{0} ({1} to {2})', signed(ratio.ratio), signed(interval.low), signed(interval.high));
}

/** "× 0.90 (0.88 to 0.92)". */
export function timesText(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '';
  const { interval } = ratio;
  const times = `× ${bounded(ratio.ratio)}`;
  return interval === undefined
    ? times
    : l10n.t('{0} ({1} to {2})', times, bounded(interval.low), bounded(interval.high));
}

function bounded(value: number): string {
  if (value > MOST_TIMES) return l10n.t('over {0}', MOST_TIMES);
  return value < 1 / MOST_TIMES ? l10n.t('below {0}', 1 / MOST_TIMES) : factor(value);
}

/** With few rounds the interval may have no end that anybody could use. */
function signed(value: number): string {
  if (value > MOST_TIMES) return l10n.t('over {0} times', MOST_TIMES);
  if (value < 1 / MOST_TIMES) return l10n.t('below {0}', '-99.9%');
  if (value >= 10) return l10n.t('{0} times', number(Number(value.toPrecision(2))));
  return `${value >= 1 ? '+' : ''}${(100 * (value - 1)).toFixed(1)}%`;
}
