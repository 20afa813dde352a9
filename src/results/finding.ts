import type { Arm } from './document.ts';
import type { Measured } from './figure.ts';
import type { Stalls } from './quantities.ts';
import type { Doubt } from './ratios.ts';
import type { Ratio, Verdict } from './statistics.ts';

/** `early`: too few rounds for an interval. `stalled`: a round in which nothing moved. */
export type OutcomeVerdict = Verdict | Doubt | 'early' | 'stalled';

/** How an arm compares with its baseline at neighbouring sizes that come out alike. */
export type Outcome = {
  readonly verdict: OutcomeVerdict;
  /** In bytes, ascending, at least one. */
  readonly sizes: readonly number[];
  /** Subject to baseline, one for each size that has one. */
  readonly ratios: readonly number[];
  /** Only with `stalled`; `arm` where it is not the subject that stalled. */
  readonly stalls?: Stalls & { readonly arm?: Arm | undefined };
};

/** Outcomes over all sizes that were measured; `sizes` is how many these are. */
export type Outcomes = { readonly outcomes: readonly Outcome[]; readonly sizes: number };

/** An arm, and its request size where a figure has several. */
export type Subject = { readonly arm: Arm; readonly requestBytes?: number | undefined };

/** Which traffic a recommendation is for. */
export type Traffic = 'roundTrips' | 'streams' | 'streamsWithNodelay';

/** One arm at the first and the last size, in the figure's unit. */
export type Ends = { readonly arm: Arm; readonly from: number; readonly to: number };

/** How much of an arm's bytes went by the bypass at neighbouring sizes; parts from 0 to 1. */
export type ShareGroup = {
  readonly amount: 'hardly' | 'some' | 'all' | 'unknown' | 'least';
  readonly sizes: readonly number[];
  readonly low: number;
  readonly high: number;
};

/** Why a run is noisy, or may be. */
export type Noise =
  | {
      readonly kind: 'spread';
      readonly arm: Arm;
      /** Relative standard deviations: the median of the sizes, and the largest with its size. */
      readonly typical: number;
      readonly worst: number;
      readonly worstAt: string;
      readonly quiet: boolean;
    }
  | { readonly kind: 'tooFewRounds' }
  | { readonly kind: 'sharedBypass'; readonly shared: number; readonly samples: number }
  | { readonly kind: 'steal'; readonly meanPercent: number; readonly maxPercent: number }
  | {
      readonly kind: 'load';
      readonly median: number;
      readonly max: number;
      readonly cpus: number;
      readonly own: number;
    }
  | { readonly kind: 'governor'; readonly governor: string }
  | { readonly kind: 'turbo' }
  | { readonly kind: 'virtual' }
  | { readonly kind: 'resumed'; readonly times: number };

/** Whether the bypass pays off on the host, and the outcomes that this follows from. */
export type Recommendation = {
  readonly kind: 'recommendation';
  /**
   * `faster`: for some traffic. `notYet`: not clearly, but not all is decided. `leaveOff`: all is
   * decided, and nothing is faster. `notTcp`: TCP was not measured, so nothing is recommended.
   */
  readonly verdict: 'faster' | 'notYet' | 'leaveOff' | 'notTcp';
  readonly arm: Arm;
  readonly against: Arm;
  readonly traffic: readonly (Outcomes & { readonly traffic: Traffic; readonly against: Arm })[];
};

/** One thing that a figure shows of a run. `words/findingTexts.ts` makes the sentences. */
export type Finding =
  | { readonly kind: 'notMeasured' }
  | { readonly kind: 'noBypass' }
  | { readonly kind: 'nothingCompared' }
  | { readonly kind: 'alone'; readonly arm: Arm }
  | { readonly kind: 'noBaseline'; readonly against: Arm }
  | { readonly kind: 'noCommonRound'; readonly subject: Subject; readonly against: Arm }
  | {
      readonly kind: 'oneSize';
      readonly subject: Subject;
      readonly against: Arm;
      readonly quantity: string;
      readonly unit: string;
      readonly at: string;
      readonly median: number;
      readonly baseline: number;
      readonly ratio: Ratio;
    }
  | (Outcomes & {
      readonly kind: 'compared';
      readonly subject: Subject;
      readonly against: Arm;
      readonly quantity: string;
    })
  | {
      readonly kind: 'overtakes';
      readonly arm: Arm;
      readonly against: Arm;
      /** The last size at which it is not ahead, and the next one. */
      readonly behind: number;
      readonly ahead: number;
    }
  | {
      readonly kind: 'neverAhead';
      readonly arm: Arm;
      readonly against: Arm;
      readonly upTo: number;
    }
  | {
      readonly kind: 'growth';
      readonly from: number;
      readonly to: number;
      readonly subject: Ends;
      readonly baseline: Ends;
    }
  | { readonly kind: 'nagle'; readonly outcomes: readonly Outcome[] }
  | {
      readonly kind: 'movement';
      readonly quantity: string;
      readonly unit: string;
      readonly from: number;
      readonly to: number;
      readonly lines: readonly Ends[];
    }
  | {
      readonly kind: 'requestSizes';
      readonly quantity: string;
      readonly small: number;
      readonly large: number;
      readonly lines: readonly (Outcomes & { readonly arm: Arm })[];
    }
  | {
      readonly kind: 'percentileSteps';
      readonly at: string;
      readonly stepUs: number;
      readonly medianUs: number;
      readonly means: readonly {
        readonly arm: Arm;
        readonly meanUs: number;
        readonly stddevUs?: number | undefined;
      }[];
    }
  /** Largest deviation of a rate from the inverse of its sample's mean latency, as a part of it. */
  | { readonly kind: 'inverseOfMean'; readonly worst: number }
  | {
      readonly kind: 'kernelTime';
      readonly arm: Arm;
      readonly first: KernelTime;
      readonly last: KernelTime;
      readonly most: KernelTime;
    }
  | { readonly kind: 'callTime'; readonly lowNs: number; readonly highNs: number }
  | { readonly kind: 'sharedTime' }
  | {
      readonly kind: 'bypassedShare';
      readonly arm: Arm;
      readonly groups: readonly ShareGroup[];
      /** Whether other programs used the same bypass. */
      readonly shared: boolean;
    }
  | {
      readonly kind: 'workload';
      readonly name: string;
      readonly arm: Arm;
      readonly against: Arm;
      readonly measured: Measured;
      readonly reference: Measured;
      /** A ratio of speeds, whatever was measured. */
      readonly ratio: Ratio;
    }
  /** Compared with nothing; without a doubt no round has both arms, or nothing moved. */
  | {
      readonly kind: 'openWorkload';
      readonly name: string;
      readonly arm: Arm;
      readonly doubt?: Doubt | undefined;
    }
  /** The highest percentile that both have. */
  | {
      readonly kind: 'tail';
      readonly at: string;
      readonly arm: Arm;
      readonly against: Arm;
      readonly us: number;
      readonly baselineUs: number;
      readonly ratio: Ratio;
    }
  /** Clients that wait for an answer before they send the next request. */
  | { readonly kind: 'closedLoop'; readonly names: readonly string[] }
  | Recommendation
  | { readonly kind: 'noise'; readonly noise: Noise };

export type FindingOf<Kind extends Finding['kind']> = Extract<Finding, { kind: Kind }>;

/** Seconds in the BPF programs for 60 s of netperf. */
export type KernelTime = { readonly bytes: number; readonly seconds: number };
