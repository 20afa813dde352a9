import * as l10n from '@vscode/l10n';
import type { Arm } from '../document.ts';
import { commonBaseline, showsRatios, type Figure, type Point, type Series } from '../figure.ts';
import { factor, number, part, withUnit } from '../format.ts';
import { ARM_LABELS } from '../arms.ts';
import { ALL } from '../samples.ts';
import { isCoarse, verdictOfPoint } from '../verdicts.ts';
import { DOUBTS } from './outcomeTexts.ts';

/** `12.35 Gbit/s (12.1 to 12.5, 3 samples), 1.42 × TCP`. */
export function pointText(figure: Figure, { against }: Series, point: Point): string {
  const { unit } = figure;
  const { median, low, high, interval, count, ratio } = point;
  if (showsRatios(figure)) {
    const range = ratio?.interval ? `95% CI ${factor(low)} to ${factor(high)}, ` : '';
    const rounds = count === 1 ? '1 round' : l10n.t('{0} rounds', count);
    const value = point.measured ? `${withUnit(point.measured.median, point.measured.unit)}, ` : '';
    return `${value}${factor(median)} ${timesText(against) || unit} (${range}${rounds})`;
  }
  const [from, to] = [interval?.low ?? low, interval?.high ?? high].map(number);
  const range = l10n.t('{0}{1} to {2}', interval ? '95% CI ' : '', from ?? '', to ?? '');
  const samples = count === 1 ? '1 sample' : l10n.t('{0}, {1} samples', range, count);
  const times = ratio ? `, ${factor(ratio.ratio)} ${timesText(against)}`.trimEnd() : '';
  const went = point.doubt ? `, ${DOUBTS[point.doubt]}` : redirectedText(point);
  const step = isCoarse(point) ? `, in steps of ${number(point.step ?? 0)} µs` : '';
  return `${withUnit(median, unit)} (${samples}${step})${times}${went}`;
}

/** `, 40% redirected` where less than nearly all was. */
function redirectedText({ details: { bypassed, shared } }: Point): string {
  if (bypassed === undefined || bypassed >= ALL) return '';
  return `, ${shared === undefined ? '' : 'at least '}${part(bypassed)} redirected`;
}

/** `× TCP`: the baseline of a ratio; empty where there is none. */
export const timesText = (against: Arm | undefined): string =>
  against === undefined ? '' : `× ${ARM_LABELS[against]}`;

/** The baseline of a figure's ratios, inside a sentence. */
export function baselineText(figure: Pick<Figure, 'series'>): string {
  const against = commonBaseline(figure);
  return against === undefined ? l10n.t('its baseline') : ARM_LABELS[against];
}

/** `mostly TCP`: what the points are that are marked by a cross; empty where there are none. */
export function doubtsText({ series }: Pick<Figure, 'series'>): string {
  const doubts = series.flatMap(({ points }) => points.flatMap((point) => point?.doubt ?? []));
  return [...new Set(doubts)].map((doubt) => DOUBTS[doubt]).join(' or ');
}

/** Sizes that the overview leaves out, where it does. */
export const gapsText = (): string => l10n.t('gap: mostly TCP, or nothing moved; not compared');

/** A point's verdict, in the direction of the figure; undefined where nothing is compared. */
export function verdictText(point: Point, better: Figure['better']): string | undefined {
  const verdict = verdictOfPoint(point);
  if (verdict === undefined) return undefined;
  switch (verdict) {
    case 'higher':
      return better === 'higher' ? 'faster' : 'slower';
    case 'lower':
      return better === 'higher' ? 'slower' : 'faster';
    case 'same':
      return l10n.t('no difference');
    case 'tcp':
    case 'shared':
    case 'idle':
      return DOUBTS[verdict];
    case 'unclear':
    case 'early':
    case 'stalled':
      return 'inconclusive';
  }
}
