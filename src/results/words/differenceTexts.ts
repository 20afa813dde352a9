import type { Comparison, Difference, FACTS, Note } from '../compare.ts';
import { factor, number } from '../format.ts';
import { MOST_TIMES } from '../ratios.ts';
import type { Ratio } from '../statistics.ts';
import { DOUBTS, stallText } from './outcomeTexts.ts';
import { reachText, topologyText } from './planText.ts';

const FACT_LABELS: Readonly<Record<(typeof FACTS)[number], string>> = {
  name: 'host',
  kernel: 'kernel',
  architecture: 'architecture',
  distribution: 'distribution',
  cpuModel: 'CPU model',
  cpus: 'number of CPUs',
  virtual: 'virtualisation',
  governor: 'governor',
  turbo: 'turbo',
  netperf: 'netperf',
};

/** How two runs differ beside their figures, in sentences. */
export const noteTexts = ({ notes }: Pick<Comparison, 'notes'>): string[] => notes.map(noteText);

function noteText(note: Note): string {
  switch (note.kind) {
    case 'machines':
      return 'The runs are of two machines.';
    case 'topologies':
      return `The topology differs, so the figures are not of the same thing: ${topologyText(note.before)} before; ${topologyText(note.after)} after.`;
    case 'fact':
      return `The ${FACT_LABELS[note.fact]} differs: ${valueText(note.before)} before, ${valueText(note.after)} after.`;
    case 'programs':
      return 'The BPF programs differ.';
    case 'reaches':
      return `The bypass paired connections ${reachText(note.before)} before, ${reachText(note.after)} after.`;
    case 'seconds':
      return `A sample took ${note.before} s before, ${note.after} s after.`;
    case 'unfinished':
      return `The run of ${note.startedAt} was interrupted.`;
    case 'notInCommon':
      return `${note.before} variants and sizes were measured before only, ${note.after} after only.`;
  }
}

function valueText(value: string | number | boolean | undefined): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return value === undefined ? 'unknown' : String(value);
}

/** `mostly TCP before and after`; empty where the bypass is what was measured. */
export function doubtText({ doubts: { before, after } }: Difference): string {
  if (before !== undefined && before === after) return `${DOUBTS[before]} before and after`;
  return [before && `${DOUBTS[before]} before`, after && `${DOUBTS[after]} after`]
    .filter(Boolean)
    .join(', ');
}

/** In which of the runs it stalled, if in any: "stalled in 1 of 4 rounds before". */
export const stallTexts = ({ stalls }: Difference): string[] =>
  (['before', 'after'] as const).flatMap((run) =>
    stalls[run].stalled > 0 ? [`${stallText(stalls[run])} ${run}`] : [],
  );

/** "-10.2% (-12.0% to -8.3%)". */
export function changeText(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '';
  const { interval } = ratio;
  return interval === undefined
    ? signed(ratio.ratio)
    : `${signed(ratio.ratio)} (${signed(interval.low)} to ${signed(interval.high)})`;
}

/** "× 0.90 (0.88 to 0.92)". */
export function timesText(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '';
  const { interval } = ratio;
  const times = `× ${bounded(ratio.ratio)}`;
  return interval === undefined
    ? times
    : `${times} (${bounded(interval.low)} to ${bounded(interval.high)})`;
}

function bounded(value: number): string {
  if (value > MOST_TIMES) return `over ${MOST_TIMES}`;
  return value < 1 / MOST_TIMES ? `below ${1 / MOST_TIMES}` : factor(value);
}

/** Of few rounds the interval may have no end that anybody could use. */
function signed(value: number): string {
  if (value > MOST_TIMES) return `over ${MOST_TIMES} times`;
  if (value < 1 / MOST_TIMES) return 'below -99.9%';
  if (value >= 10) return `${number(Number(value.toPrecision(2)))} times`;
  return `${value >= 1 ? '+' : ''}${(100 * (value - 1)).toFixed(1)}%`;
}
