import type { DistributionStep } from './distribution.ts';

/** A canary as the live page of its bypass shows it, compiled by both sides. */
export interface CanaryView {
  readonly isRunning: boolean;
  /** How far it is, or how it has ended. */
  readonly state: string;
  readonly seconds: number;
  /** Seconds it is to take. */
  readonly of: number;
  /** The findings by now; undefined before the first reading. */
  readonly outcome: string | undefined;
  /** A guardrail was crossed, or it has failed: why. */
  readonly alarm: string | undefined;
  readonly steps: readonly DistributionStep[];
  /** The ratios of quantiles: name, bypass, TCP, ratio with its interval, verdict. */
  readonly ratios: readonly (readonly [string, string, string, string, string])[];
  /** The counters: name, bypass, TCP. */
  readonly counts: readonly (readonly [string, string, string])[];
  readonly facts: readonly (readonly [string, string])[];
}

/** @param view undefined where none was run for the bypass that is shown. */
export interface ToCanary {
  readonly type: 'canary';
  readonly view: CanaryView | undefined;
}
