import * as l10n from '@vscode/l10n';
import { ARM_LABELS } from '../arms.ts';
import type { FindingOf, Subject } from '../finding.ts';
import { change, changes, withUnit } from '../format.ts';
import { bytes } from '../sizes.ts';
import { verdictOf } from '../statistics.ts';
import { plainVerdict } from './outcomeTexts.ts';

/** `Bypass`, `Bypass, 64 B requests,`: without the run's name, which stands before the sentence. */
export const nameOf = ({ arm, requestBytes }: Subject): string =>
  requestBytes === undefined
    ? ARM_LABELS[arm]
    : l10n.t('{0}, {1} requests,', ARM_LABELS[arm], bytes(requestBytes));

/** Describes a single size, where there is no line to describe. */
export function oneSizeText({
  subject,
  against,
  quantity,
  unit,
  at,
  median,
  baseline,
  ratio,
}: FindingOf<'oneSize'>): string {
  const values = l10n.t(
    'At {0}, {1} {2} is {3}, {4} {5} (medians)',
    at,
    nameOf(subject),
    quantity,
    withUnit(median, unit),
    ARM_LABELS[against],
    withUnit(baseline, unit),
  );
  return withRatio(values, ratio, PLAIN);
}

/** A workload's rate against the baseline's. */
export function workloadText({
  name,
  arm,
  against,
  measured,
  reference,
  ratio,
}: FindingOf<'workload'>): string {
  const values = l10n.t(
    '{0}: {1} {2}, {3} {4} (medians)',
    name,
    ARM_LABELS[arm],
    withUnit(measured.median, measured.unit),
    ARM_LABELS[against],
    withUnit(reference.median, reference.unit),
  );
  return withRatio(values, ratio, {
    differs: (of) => l10n.t('speed {0} round by round', change(of)),
    // A time is what stands before it: without a word its interval would be taken for that of the time.
    settlesNot: (verdict) => l10n.t('{0} in speed', verdict),
  });
}

/** The slowest requests of a workload against the baseline's. */
export function tailText({ at, arm, against, us, baselineUs, ratio }: FindingOf<'tail'>): string {
  const values = l10n.t(
    '{0}: {1} {2}, {3} {4} (medians)',
    at,
    ARM_LABELS[arm],
    withUnit(us, 'µs'),
    ARM_LABELS[against],
    withUnit(baselineUs, 'µs'),
  );
  return withRatio(values, ratio, PLAIN);
}

interface Wording {
  /** Words for a ratio that is higher or lower. */
  readonly differs: (ratio: number) => string;
  /** Words for a verdict without a direction. */
  readonly settlesNot: (verdict: string) => string;
}

const PLAIN: Wording = {
  differs: (of) => l10n.t('{0} round by round', change(of)),
  settlesNot: (verdict) => verdict,
};

/** The change is that within the rounds, which the medians alone need not give. */
function withRatio(
  values: string,
  ratio: FindingOf<'oneSize'>['ratio'],
  { differs, settlesNot }: Wording,
): string {
  const { interval } = ratio;
  if (!interval) return l10n.t('{0}: one round so far, too little to compare.', values);
  const verdict = verdictOf(ratio);
  const isSettled = verdict === 'higher' || verdict === 'lower';
  const words = isSettled ? differs(ratio.ratio) : settlesNot(plainVerdict(verdict));
  return l10n.t('{0}: {1} (95% CI {2}).', values, words, between(interval.low, interval.high));
}

function between(low: number, high: number): string {
  const oneSide = high < 1 || low > 1;
  return oneSide ? changes([low, high]) : l10n.t('{0} to {1}', change(low), change(high));
}
