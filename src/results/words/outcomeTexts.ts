import * as l10n from '@vscode/l10n';
import type { Outcome, Outcomes, OutcomeVerdict } from '../finding.ts';
import type { Arm } from '../document.ts';
import { changes } from '../format.ts';
import { ARM_LABELS } from '../arms.ts';
import type { Stalls } from '../quantities.ts';
import { bytes } from '../sizes.ts';
import type { Doubt } from '../ratios.ts';

export const DOUBTS: Readonly<Record<Doubt, string>> = {
  get tcp() {
    return l10n.t('mostly TCP');
  },
  get shared() {
    return l10n.t('an unknown part redirected');
  },
  get idle() {
    return l10n.t('almost nothing was moved');
  },
};

/** An arm in the middle of a sentence. */
export function subjectText(arm: Arm): string {
  if (arm === 'bypass') return l10n.t('the bypass');
  return arm === 'bypass-classic' ? l10n.t('the classic bypass') : ARM_LABELS[arm];
}

export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** `stalled in 1 of 4 rounds`. */
export const stallText = ({ stalled, rounds }: Stalls): string =>
  rounds === 1
    ? l10n.t('stalled in {0} of {1} round', stalled, rounds)
    : l10n.t('stalled in {0} of {1} rounds', stalled, rounds);

/** A verdict that needs no figure. */
export function plainVerdict(
  verdict: Exclude<OutcomeVerdict, 'higher' | 'lower' | 'stalled'>,
): string {
  switch (verdict) {
    case 'early':
      return l10n.t('too few rounds to compare');
    case 'same':
      return l10n.t('no difference that matters');
    case 'unclear':
      return l10n.t('inconclusive');
    case 'tcp':
    case 'shared':
    case 'idle':
      return DOUBTS[verdict];
  }
}

/** `20% to 50% lower`, `inconclusive`. */
export function outcomeText({ verdict, ratios, stalls }: Outcome): string {
  switch (verdict) {
    case 'stalled': {
      if (!stalls) return l10n.t('stalled');
      const name = stalls.arm === undefined ? '' : `${ARM_LABELS[stalls.arm]} `;
      return `${name}${stallText(stalls)}`;
    }
    case 'higher':
    case 'lower':
      return changes(ratios);
    default:
      return plainVerdict(verdict);
  }
}

/** `from 64 B to 1 KiB`. @param of how many sizes there are in all, where that is known. */
export function placeText({ sizes }: Outcome, of?: number): string {
  if (sizes.length === 1) return l10n.t('at {0}', bytes(sizes[0] ?? 0));
  if (of === undefined || sizes.length < of) return rangeText(sizes);
  return of === 2 ? l10n.t('at both sizes') : l10n.t('at all {0} sizes', of);
}

/** `from 64 B to 1 KiB`, of more than one size. */
export const rangeText = (sizes: readonly number[]): string =>
  l10n.t('from {0} to {1}', bytes(sizes[0] ?? 0), bytes(sizes.at(-1) ?? 0));

/** `20% to 50% lower from 64 B to 1 KiB`, one for each outcome. */
export const outcomeTexts = ({
  outcomes,
  sizes,
}: {
  readonly outcomes: Outcomes['outcomes'];
  readonly sizes?: number;
}): string[] => outcomes.map((each) => `${outcomeText(each)} ${placeText(each, sizes)}`);
