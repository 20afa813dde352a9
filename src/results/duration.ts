import type { Plan } from './document.ts';
import { extentOf } from './plan.ts';

/** "45 s", "12 min", "5.7 h". */
export function durationLabel(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** How long a whole run takes: "about 4 min", "3 min to 10 min". */
export function timeLabel(plan: Plan): string {
  const [least, most] = extentOf(plan).seconds.map(durationLabel);
  return least === most ? `about ${most ?? ''}` : `${least ?? ''} to ${most ?? ''}`;
}
