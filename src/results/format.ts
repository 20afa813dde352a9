// One fixed locale: the numbers match the document, the terminal and the documentation.
import * as l10n from '@vscode/l10n';
const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const four = new Intl.NumberFormat('en', {
  minimumSignificantDigits: 4,
  maximumSignificantDigits: 4,
});
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const two = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const parts = new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 2 });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Four significant digits: more than a benchmark can promise, enough to compare. */
export const decimal = (value: number): string =>
  Math.abs(value) >= 10_000 ? whole.format(value) : four.format(value);

/** The same inside a sentence, and for what may be counted in whole units: 12 stays `12`. */
export const number = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) >= 10_000 ? whole.format(value) : plain.format(value);

/** At most four significant digits, for marks on an axis: `0.05`. */
export const mark = (value: number): string => plain.format(value);

/** An amount that was counted, rounded: `12.3 GiB`. */
export function amount(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1);
  return `${plain.format(Number((count / 1024 ** power).toPrecision(3)))} ${units[power] ?? ''}`;
}

/** A part of a whole as `0.5%`, `98%`. */
export const part = (value: number): string =>
  value > 0 && value < 1e-4 ? '<0.01%' : parts.format(value);

/** A value with its unit inside a sentence: `2.5 Gbit/s`, `24,691/s`. */
export const withUnit = (value: number, unit: string): string =>
  `${number(value)}${unit.startsWith('1/') ? unit.slice(1) : ` ${unit}`}`;

/** A ratio as a factor: `0.742`, `2.10`. */
export const factor = (ratio: number): string =>
  ratio >= 10 ? number(ratio) : ratio.toFixed(ratio < 1 ? 3 : 2);

/** A ratio as a change: `26% lower`. */
export function change(ratio: number): string {
  if (ratio >= 2) return l10n.t('{0} times as high', two.format(ratio));
  const share = percent(ratio);
  return ratio < 1 ? l10n.t('{0} lower', share) : l10n.t('{0} higher', share);
}

/** How far a ratio is from 1, in percent. */
export function percent(ratio: number): string {
  const share = Math.abs(1 - ratio) * 100;
  return `${share >= 1 ? whole.format(share) : share.toFixed(1)}%`;
}

/** Several ratios on the same side of 1 as one change: `20% to 55% lower`. */
export function changes(ratios: readonly number[]): string {
  const low = Math.min(...ratios);
  const high = Math.max(...ratios);
  if (change(low) === change(high)) return change(low);
  if (low < 1) return l10n.t('{0} to {1} lower', percent(high), percent(low));
  if (high < 2) return l10n.t('{0} to {1} higher', percent(low), percent(high));
  // Rounded to two digits, what is hardly higher would be 1 times as high.
  return low < 1.2
    ? l10n.t('{0} to {1}', change(low), change(high))
    : l10n.t('{0} to {1} times as high', two.format(low), two.format(high));
}

/** In the reader's own time zone. */
export const when = (iso: string): string => date.format(new Date(iso));

/** `4 min 10 s`. */
export function duration(fromIso: string, toIso: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(toIso) - Date.parse(fromIso)) / 1000));
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ') || '0 s';
}
