import type { Arm } from './document.ts';
import type { Figure, Point, Series } from './figure.ts';
import { factor, number, withUnit } from './format.ts';
import { ARM_LABELS } from './arms.ts';
import { verdictOfAt } from './verdicts.ts';

/** `12.35 Gbit/s (12.1 to 12.5, 3 samples), 1.42 × TCP`. */
export function pointText(figure: Figure, { against }: Series, point: Point): string {
  const { unit } = figure;
  const { median, low, high, interval, count, ratio } = point;
  if (figure.id === 'overview') {
    const range = ratio?.interval ? `95% interval ${factor(low)} to ${factor(high)}, ` : '';
    return `${factor(median)} ${timesText(against) || unit} (${range}${rounds(count)})`;
  }
  const [from, to] = [interval?.low ?? low, interval?.high ?? high].map(number);
  const range = `${interval ? '95% interval ' : ''}${from ?? ''} to ${to ?? ''}`;
  const samples = count === 1 ? '1 sample' : `${range}, ${count} samples`;
  const times = ratio ? `, ${factor(ratio.ratio)} ${timesText(against)}`.trimEnd() : '';
  const doubted = point.doubt ? `, ${verdictText(point, figure.better) ?? ''}` : '';
  const step = isCoarse(point) ? `, in steps of ${number(point.step ?? 0)} µs` : '';
  return `${withUnit(median, unit)} (${samples}${step})${times}${doubted}`;
}

/** `× TCP`: what a ratio is to; empty where there is nothing. */
export const timesText = (against: Arm | undefined): string =>
  against === undefined ? '' : `× ${ARM_LABELS[against]}`;

const rounds = (count: number): string => (count === 1 ? '1 round' : `${count} rounds`);

/** In words, in the direction of the figure. */
export function verdictText(point: Point, better: Figure['better']): string | undefined {
  if (!point.ratio && !point.doubt) return undefined;
  const words = {
    higher: better === 'higher' ? 'faster' : 'slower',
    lower: better === 'higher' ? 'slower' : 'faster',
    same: 'no difference',
    unclear: 'inconclusive',
    early: 'inconclusive',
    stalled: 'inconclusive',
    tcp: 'hardly redirected',
    shared: 'unknown part redirected',
  };
  return words[verdictOfAt({ point, ratio: point.ratio })];
}

/** Whether one is faster than the other for sure, and is what it is called. */
export const isDecided = (point: Point): boolean =>
  ['faster', 'slower'].includes(verdictText(point, 'higher') ?? '');

/** From this share of a value on, a step of the histogram hides differences people ask about. */
const STEP_MATTERS = 0.02;

/** Whether a step of the histogram is a share of the value that matters. */
export const isCoarse = ({ step, median }: Pick<Point, 'step' | 'median'>): boolean =>
  step !== undefined && median > 0 && step / median >= STEP_MATTERS;
