import * as l10n from '@vscode/l10n';
import { ARM_LABELS } from '../arms.ts';
import type { FindingOf, KernelTime, ShareGroup } from '../finding.ts';
import { number, part } from '../format.ts';
import { bytes } from '../sizes.ts';
import { rangeText } from './outcomeTexts.ts';

/** CPU time that the kernel counts for the programs. */
export function kernelTimeText({ arm, first, last, most }: FindingOf<'kernelTime'>): string {
  const at = ({ seconds, bytes: size }: KernelTime) =>
    l10n.t(
      '{0} s of 60 s at {1} ({2} of one CPU)',
      number(seconds),
      bytes(size),
      part(seconds / 60),
    );
  const isOne = first.bytes === last.bytes;
  const trend = () => {
    if (most.bytes !== first.bytes && most.bytes !== last.bytes) {
      return l10n.t('with a maximum of {0} s at {1}', number(most.seconds), bytes(most.bytes));
    }
    if (last.seconds < first.seconds * 0.9) return l10n.t('it falls as messages grow');
    if (last.seconds > first.seconds * 1.1) return l10n.t('it rises as messages grow');
    return l10n.t('about the same at every size');
  };
  const ends = isOne ? at(first) : l10n.t('{0} and {1}', at(first), at(last));
  return l10n.t(
    '{0} spends {1} in its BPF programs{2}.',
    ARM_LABELS[arm],
    ends,
    isOne ? '' : `: ${trend()}`,
  );
}

/** How much of an arm's data was redirected. */
export function bypassedShareText({ arm, groups, shared }: FindingOf<'bypassedShare'>): string {
  const phrases = groups.map((group) => {
    const { sizes } = group;
    const range = sizes.length === 1 ? l10n.t('at {0}', bytes(sizes[0] ?? 0)) : rangeText(sizes);
    return `${amountText(group)} ${groups.length === 1 ? l10n.t('at every size') : range}`;
  });
  const onTcp = groups.some(({ amount }) => amount === 'hardly')
    ? ` ${l10n.t('Where that is less than 1%, the stream was on TCP, and TCP is what was measured.')}`
    : '';
  const others = shared
    ? ` ${l10n.t('Other programs used the same bypass meanwhile: their bytes do not count, nor does what TCP/IP may have carried.')}`
    : '';
  return l10n.t(
    'Share of its data that {0} redirected: {1}.{2}{3}',
    ARM_LABELS[arm],
    phrases.join(', '),
    onTcp,
    others,
  );
}

function amountText({ amount, low, high }: ShareGroup): string {
  switch (amount) {
    case 'hardly':
      return l10n.t('less than 1%');
    case 'unknown':
      return l10n.t('an unknown part');
    case 'all':
      return l10n.t('at least 99%');
    case 'least':
      return l10n.t('at least {0}', part(low));
    case 'some':
      return part(low) === part(high) ? part(low) : l10n.t('{0} to {1}', part(low), part(high));
  }
}
