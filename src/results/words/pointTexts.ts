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
    const range = ratio?.interval ? [l10n.t('95% CI {0} to {1}', factor(low), factor(high))] : [];
    const rounds = count === 1 ? l10n.t('1 round') : l10n.t('{0} rounds', count);
    const value = point.measured ? `${withUnit(point.measured.median, point.measured.unit)}, ` : '';
    return `${value}${factor(median)} ${timesText(against) || unit} (${[...range, rounds].join(', ')})`;
  }
  const [from = '', to = ''] = [interval?.low ?? low, interval?.high ?? high].map(number);
  const range = interval ? l10n.t('95% CI {0} to {1}', from, to) : l10n.t('{0} to {1}', from, to);
  const samples = count === 1 ? l10n.t('1 sample') : l10n.t('{0}, {1} samples', range, count);
  const times = ratio ? `, ${factor(ratio.ratio)} ${timesText(against)}`.trimEnd() : '';
  const went = point.doubt ? `, ${DOUBTS[point.doubt]}` : redirectedText(point);
  const step = isCoarse(point) ? `, ${l10n.t('in steps of {0} µs', number(point.step ?? 0))}` : '';
  return `${withUnit(median, unit)} (${samples}${step})${times}${went}`;
}

/** `, 40% redirected` where less than nearly all was. */
function redirectedText({ details: { bypassed, shared } }: Point): string {
  if (bypassed === undefined || bypassed >= ALL) return '';
  const text =
    shared === undefined
      ? l10n.t('{0} redirected', part(bypassed))
      : l10n.t('at least {0} redirected', part(bypassed));
  return `, ${text}`;
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
  return [...new Set(doubts)].map((doubt) => DOUBTS[doubt]).join(l10n.t(' or '));
}

/** Sizes that the overview leaves out, where it does. */
export const gapsText = (): string => l10n.t('gap: mostly TCP, or nothing moved; not compared');

/** A point's verdict, in the direction of the figure; undefined where nothing is compared. */
export function verdictText(point: Point, better: Figure['better']): string | undefined {
  const verdict = verdictOfPoint(point);
  if (verdict === undefined) return undefined;
  switch (verdict) {
    case 'higher':
      return better === 'higher' ? l10n.t('faster') : l10n.t('slower');
    case 'lower':
      return better === 'higher' ? l10n.t('slower') : l10n.t('faster');
    case 'same':
      return l10n.t('no difference');
    case 'tcp':
    case 'shared':
    case 'idle':
      return DOUBTS[verdict];
    case 'unclear':
    case 'early':
    case 'stalled':
      return l10n.t('inconclusive');
  }
}
