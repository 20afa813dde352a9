import * as l10n from '@vscode/l10n';
import type { Plan } from './document.ts';
import { extentOf } from './plan.ts';

/** "45 s", "1 min 20 s", "12 min", "5.7 h". */
export function durationLabel(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole <= 60) return `${whole} s`;
  // In steps of ten seconds, while these matter.
  const tens = Math.ceil(whole / 10) * 10;
  if (tens < 600) {
    const whole = Math.floor(tens / 60);
    return tens % 60 === 0 ? l10n.t('{0} min', whole) : l10n.t('{0} min {1} s', whole, tens % 60);
  }
  const minutes = Math.ceil(whole / 60);
  return minutes < 120 ? l10n.t('{0} min', minutes) : `${(minutes / 60).toFixed(1)} h`;
}

/** How long a whole run takes: "about 4 min", "3 min to 10 min". */
export function timeLabel(plan: Plan): string {
  const [least, most] = extentOf(plan).seconds.map(durationLabel);
  return least === most
    ? l10n.t('about {0}', most ?? '')
    : l10n.t('{0} to {1}', least ?? '', most ?? '');
}
