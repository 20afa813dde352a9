import type { Outcome, Outcomes } from '../finding.ts';
import type { Arm } from '../document.ts';
import { changes } from '../format.ts';
import { ARM_LABELS } from '../arms.ts';
import type { Stalls } from '../quantities.ts';
import { bytes } from '../sizes.ts';
import type { Doubt } from '../ratios.ts';

export const DOUBTS: Readonly<Record<Doubt, string>> = {
  tcp: 'mostly TCP',
  shared: 'an unknown part redirected',
  idle: 'next to nothing moved',
};

/** An arm in the middle of a sentence. */
export function subjectText(arm: Arm): string {
  if (arm === 'bypass') return 'the bypass';
  return arm === 'bypass-classic' ? 'the classic bypass' : ARM_LABELS[arm];
}

export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** `stalled in 1 of 4 rounds`. */
export const stallText = ({ stalled, rounds }: Stalls): string =>
  `stalled in ${stalled} of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;

/** `20% to 50% lower`, `inconclusive`. */
export function outcomeText({ verdict, ratios, stalls }: Outcome): string {
  switch (verdict) {
    case 'early':
      return 'too few rounds to compare';
    case 'same':
      return 'no difference that matters';
    case 'unclear':
      return 'inconclusive';
    case 'tcp':
    case 'shared':
    case 'idle':
      return DOUBTS[verdict];
    case 'stalled': {
      if (!stalls) return 'stalled';
      const name = stalls.arm === undefined ? '' : `${ARM_LABELS[stalls.arm]} `;
      return `${name}${stallText(stalls)}`;
    }
    case 'higher':
    case 'lower':
      return changes(ratios);
  }
}

/** `from 64 B to 1 KiB`. @param of how many sizes there are in all, where that is known. */
export function placeText({ sizes }: Outcome, of?: number): string {
  if (sizes.length === 1) return `at ${bytes(sizes[0] ?? 0)}`;
  if (of === undefined || sizes.length < of) return rangeText(sizes);
  return of === 2 ? 'at both sizes' : `at all ${of} sizes`;
}

/** `from 64 B to 1 KiB`, of more than one size. */
export const rangeText = (sizes: readonly number[]): string =>
  `from ${bytes(sizes[0] ?? 0)} to ${bytes(sizes.at(-1) ?? 0)}`;

/** `20% to 50% lower from 64 B to 1 KiB`, one for each outcome. */
export const outcomeTexts = ({
  outcomes,
  sizes,
}: {
  readonly outcomes: Outcomes['outcomes'];
  readonly sizes?: number;
}): string[] => outcomes.map((each) => `${outcomeText(each)} ${placeText(each, sizes)}`);
