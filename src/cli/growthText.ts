import { growthText, type Change, type GrowthCheck } from '../verifier/difference.ts';
import type { Figure, FigureSet } from '../verifier/figures.ts';

const NAMES: Readonly<Record<Figure, string>> = {
  instructions: 'instructions',
  processed: 'processed',
  states: 'states',
  peakStates: 'peak states',
  stack: 'bytes of stack',
  microseconds: 'µs of verification',
};

/**
 * A check for people: each program's changes, and what they come to, last.
 * @param kernel of the host.
 */
export function growthLines(
  { programs, rejected, grown, maxGrowth, outcome }: GrowthCheck,
  { file: baseline, kernel: earlierKernel }: Pick<FigureSet, 'file' | 'kernel'>,
  kernel: string,
): string[] {
  const note =
    earlierKernel === undefined || earlierKernel === kernel
      ? []
      : [
          `${baseline} is of Linux ${earlierKernel}: part of what differs may be the kernel's doing.`,
        ];
  const lines = programs.map(({ name, before: earlier, now, changes }) => {
    if (earlier === undefined) return `${name}: not in ${baseline}`;
    if (now === undefined) return `${name}: only in ${baseline}`;
    if (earlier !== now) return `${name}: was ${earlier}, is ${now}`;
    const changed = changes.flatMap((one) => changeText(one) ?? []);
    return `${name}: ${changed.length === 0 ? 'unchanged' : changed.join(', ')}`;
  });
  const worse = [
    ...rejected.map((name) => `${name} was accepted before.`),
    ...grown.map((one) => `${one.program}: ${changeText(one) ?? ''}: more than ${maxGrowth}%.`),
  ];
  const settled =
    outcome === 'inconclusive'
      ? `No program is in ${baseline}: nothing can be compared.`
      : `No program got worse by more than ${maxGrowth}% since ${baseline}.`;
  return [...note, ...lines, ...(worse.length > 0 ? worse : [settled])];
}

/** "5,995 -> 6,307 processed (+312, +5.2%)"; undefined where it is the same. */
function changeText(change: Change): string | undefined {
  const growth = growthText(change);
  const count = (value: number) => value.toLocaleString('en');
  return growth === undefined
    ? undefined
    : `${count(change.before)} -> ${count(change.now)} ${NAMES[change.figure]} (${growth})`;
}
