import type { Plan } from '../document.ts';
import { leastRounds } from '../plan.ts';

/** `standard (6 to 10 × 1 s for each variant and size)`. */
export function planText(plan: Plan): string {
  const { name, repetitions, secondsPerSample } = plan;
  const least = leastRounds(plan);
  const rounds = least === repetitions ? repetitions : `${least} to ${repetitions}`;
  return `${name} (${rounds} × ${secondsPerSample} s for each variant and size)`;
}
