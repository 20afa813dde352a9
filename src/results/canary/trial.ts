import { compareQuantile, type Parts, type QuantileRatio } from './comparison.ts';
import { Excess } from './excess.ts';
import { merge, type Histogram } from './histogram.ts';

/** The programs' counters of a group. */
interface GroupCounts {
  readonly sockets: number;
  /** Answers that a connecting end has got to what it sent. */
  readonly transactions: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly resets: number;
  readonly eagains: number;
  /** Sockets with data waiting of which nothing was read for 3 s. */
  readonly stalls: number;
}

/** Everything that was counted in a second or so. */
export interface Growth {
  /** Since the start. */
  readonly seconds: number;
  /** Percentage, as it is now. */
  readonly share: number;
  /** CPU time of our programs, in so many `seconds` in which it was measured. */
  readonly cost: { readonly runs: number; readonly nanoseconds: number; readonly seconds: number };
  readonly bypass: GroupCounts & { readonly times: Parts };
  readonly tcp: GroupCounts & { readonly times: Parts };
}

/** Limits of how much longer an answer may take on the bypass: 1.05 is 5%. */
export interface Guardrails {
  readonly p50?: number | undefined;
  readonly p99?: number | undefined;
}

/** Compared with where no limit is set. */
const DEFAULT_LIMIT = 1.05;

export type Guardrail = 'p50' | 'p99' | 'stalls' | 'resets';

/** The findings by now. */
export interface CanaryReading {
  readonly seconds: number;
  readonly share: number;
  readonly bypass: GroupCounts;
  readonly tcp: GroupCounts;
  readonly p50: QuantileRatio;
  readonly p99: QuantileRatio;
  /** Guardrails that were crossed for sure. */
  readonly crossed: readonly Guardrail[];
  /** `within`: each limit that is set certainly holds. */
  readonly outcome: 'crossed' | 'within' | 'undecided';
  /** Cost of our programs: the time of a call, and their part of one CPU's time; undefined until it was measured. */
  readonly cost: { readonly nanosecondsPerCall: number; readonly cpu: number } | undefined;
}

/** All times of each group. */
export interface CanaryTimes {
  readonly bypass: Histogram;
  readonly tcp: Histogram;
}

/** As good as certain at 5%; see `Excess`. */
const EVIDENCE = 20;

const NONE: GroupCounts = {
  sockets: 0,
  transactions: 0,
  sentBytes: 0,
  receivedBytes: 0,
  resets: 0,
  eagains: 0,
  stalls: 0,
};

/** A part of the connections on the bypass, compared with the rest as it goes. */
export class Trial {
  readonly #limits: Guardrails;
  readonly #part: number;
  readonly #excess = { stalls: new Excess(), resets: new Excess() };
  readonly #crossed = new Set<Guardrail>();
  #counts = { bypass: NONE, tcp: NONE };
  #times: { bypass: readonly Histogram[]; tcp: readonly Histogram[] } = { bypass: [], tcp: [] };

  /** @param part of the connections that are drawn for the bypass, from 0 to 1. */
  constructor(limits: Guardrails, part: number) {
    this.#limits = limits;
    this.#part = part;
  }

  /** The times of each group so far. */
  get times(): CanaryTimes {
    return { bypass: merge(this.#times.bypass), tcp: merge(this.#times.tcp) };
  }

  add(growth: Growth): CanaryReading {
    const { bypass, tcp } = growth;
    this.#counts = {
      bypass: sum(this.#counts.bypass, bypass),
      tcp: sum(this.#counts.tcp, tcp),
    };
    this.#times = {
      bypass: grown(this.#times.bypass, bypass.times),
      tcp: grown(this.#times.tcp, tcp.times),
    };
    for (const name of ['stalls', 'resets'] as const) {
      const excess = this.#excess[name];
      if (bypass[name] + tcp[name] > 0) excess.add(bypass[name], tcp[name], this.#part);
      if (excess.evidence >= EVIDENCE) this.#crossed.add(name);
    }
    const compared = {
      p50: compareQuantile(this.#times, 0.5, this.#limits.p50 ?? DEFAULT_LIMIT),
      p99: compareQuantile(this.#times, 0.99, this.#limits.p99 ?? DEFAULT_LIMIT),
    };
    const limited = (['p50', 'p99'] as const).filter((name) => this.#limits[name] !== undefined);
    for (const name of limited) if (compared[name].crossed) this.#crossed.add(name);
    const isWithin = limited.every(
      (name) => (compared[name].interval?.high ?? Infinity) <= (this.#limits[name] ?? 0),
    );
    const { runs, nanoseconds, seconds: measured } = growth.cost;
    return {
      seconds: growth.seconds,
      share: growth.share,
      ...this.#counts,
      ...compared,
      crossed: Array.from(this.#crossed),
      outcome: this.#crossed.size > 0 ? 'crossed' : isWithin ? 'within' : 'undecided',
      cost:
        runs === 0 || measured === 0
          ? undefined
          : { nanosecondsPerCall: nanoseconds / runs, cpu: nanoseconds / (measured * 1e9) },
    };
  }
}

const sum = (a: GroupCounts, b: GroupCounts): GroupCounts => ({
  sockets: a.sockets + b.sockets,
  transactions: a.transactions + b.transactions,
  sentBytes: a.sentBytes + b.sentBytes,
  receivedBytes: a.receivedBytes + b.receivedBytes,
  resets: a.resets + b.resets,
  eagains: a.eagains + b.eagains,
  stalls: a.stalls + b.stalls,
});

const grown = (all: readonly Histogram[], more: Parts): Histogram[] =>
  more.map((part, index) =>
    part.length === 0 ? (all[index] ?? []) : merge([all[index] ?? [], part]),
  );
