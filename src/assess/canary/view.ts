import * as l10n from '@vscode/l10n';
import { distributionSteps } from '../../results/canary/distribution.ts';
import type { CanaryReading, CanaryTimes, Guardrails } from '../../results/canary/trial.ts';
import type { CanaryView } from '../../results/canary/view.ts';
import { costWords, countRows, outcomeWords, ratioRows } from './report.ts';

/** A canary that runs, or how it has ended. */
export interface CanaryState {
  readonly share: number;
  /** It is to take. */
  readonly seconds: number;
  readonly guardrails: Guardrails;
  readonly same: boolean;
  /** `failed`: with the words of what was in its way. */
  readonly end: 'done' | 'cancelled' | { readonly failed: string } | undefined;
  readonly reading: CanaryReading | undefined;
  readonly times: CanaryTimes | undefined;
}

/** The canary on the live page. */
export function canaryView(canary: CanaryState): CanaryView {
  const { seconds, end, reading, times } = canary;
  const isCrossed = reading?.outcome === 'crossed';
  return {
    isRunning: end === undefined,
    state: stateWords(canary),
    seconds: reading?.seconds ?? 0,
    of: seconds,
    outcome: reading && !isCrossed ? outcomeWords(reading) : undefined,
    alarm: typeof end === 'object' ? end.failed : isCrossed ? outcomeWords(reading) : undefined,
    steps: times === undefined ? [] : distributionSteps(times.bypass, times.tcp),
    ratios: reading === undefined ? [] : ratioRows(reading),
    counts: reading === undefined ? [] : countRows(reading),
    facts: facts(canary),
  };
}

function stateWords({ end, reading, seconds }: CanaryState): string {
  if (end === undefined)
    return reading === undefined
      ? l10n.t('Building and loading the observer')
      : l10n.t('Running: {0} of {1} s', reading.seconds, seconds);
  if (end === 'cancelled') return l10n.t('Cancelled: the share is what it was before');
  if (end !== 'done') return l10n.t('Failed');
  return reading?.outcome === 'crossed'
    ? l10n.t('Ended after {0} s: the share is 0', reading.seconds)
    : l10n.t('Ended after {0} s: the share is what it was before', reading?.seconds ?? 0);
}

function facts(canary: CanaryState): [string, string][] {
  const { share, guardrails, same, reading } = canary;
  const limits = (['p50', 'p99'] as const).flatMap((name) => {
    const limit = guardrails[name];
    return limit === undefined ? [] : [l10n.t('{0} up to {1}x', name, limit)];
  });
  const cost = reading && costWords(reading);
  return [
    [l10n.t('Share'), same ? l10n.t('none: both groups are on TCP') : `${share}%`],
    [
      l10n.t('Guardrails'),
      [...limits, l10n.t('no more stalled readers or resets than on TCP')].join(', '),
    ],
    ...(cost === undefined ? [] : [[l10n.t('Own cost'), cost] satisfies [string, string]]),
  ];
}
