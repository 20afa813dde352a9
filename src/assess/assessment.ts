import type { Size } from '../results/sizes.ts';
import type { Flow } from './flows.ts';

/**
 * The whole answer of an assessment: plain data, as `--json` prints it and as the page gets it. All names of
 * processes, cgroups and containers in it are as the host has them: hostile text until shown by `text.ts`.
 */
export interface Assessment extends Traffic {
  /** Uses of TCP sockets by processes with local connections, the gravest first. */
  readonly relies: readonly Reliance[];
  /** Sentences about what was not looked at, and why. Empty where all was. */
  readonly notLookedAt: readonly string[];
  readonly verdict: Verdict;
}

/** Local traffic of a host, as far as the kernel tells it of its sockets. */
export interface Traffic {
  readonly host: string;
  /** Between the two snapshots. */
  readonly seconds: number;
  /** Established sockets of the second snapshot, and those of them whose other end is on the host. */
  readonly sockets: number;
  readonly localSockets: number;
  readonly namespaces: number;
  /** Whether there are more namespaces than were read. */
  readonly capped: boolean;
  /** The most bytes a second first. */
  readonly flows: readonly Flow[];
}

/** Ways of using a TCP socket that a bypass may not honour. */
export const USES = [
  'waitall',
  'trunc',
  'oob',
  'peek',
  'threads',
  'splice',
  'sendfile',
  'fionread',
  'rcvlowat',
  'inq',
  'peek-off',
  'ulp',
  'zerocopy',
] as const;
export type Use = (typeof USES)[number];

/**
 * The effect of a bypass on a program. `stalls`: it may wait for data that is there; `differs`: a call
 * gives another result than over TCP; `stays`: the guarded programs leave such a socket on TCP, so it gains
 * nothing and loses nothing; `works`: no difference.
 */
export const EFFECTS = ['stalls', 'differs', 'stays', 'works'] as const;
export type Effect = (typeof EFFECTS)[number];

/** A way in which a process uses its local connections. */
export interface Reliance {
  /** Name of the process as the kernel has it. */
  readonly process: string;
  readonly pids: readonly number[];
  /** Full path on the host; undefined where it is not known. */
  readonly cgroup: string | undefined;
  /** A container's or unit's name. */
  readonly label?: string | undefined;
  readonly use: Use;
  /** The name that people use, `SO_RCVLOWAT` say. */
  readonly title: string;
  /** Times that it was seen in; of a state of a socket, calls that found it so. */
  readonly calls: number;
  /** Its local sockets that it was seen on. */
  readonly sockets: number;
  /** Indices into `flows`: the connections that these sockets are ends of. Others of the process do without. */
  readonly flows: readonly number[];
  readonly effect: Effect;
  /** A sentence: what would happen to it. */
  readonly consequence: string;
  /** Whether that was tried on this host's kernel, or is what is known of kernels. */
  readonly basis: 'probed' | 'known';
}

/** The basis for working out a gain. */
export type Basis = 'measured' | 'estimate';

/** The gain of a bypass for one flow of `Assessment.flows`. */
export interface FlowGain {
  /** Index into `flows`. */
  readonly flow: number;
  /** Times as fast as TCP: the rate of round trips, or of bytes of one-way streams; 1: no gain. */
  readonly ratio: number;
  /** Time a second that senders and receivers no longer wait for, in ms; negative for a loss. */
  readonly savedMs: number;
  /** Bytes of a message, and of its answer, in the result that it is from, or that was estimated with. */
  readonly at: string;
  readonly basis: Basis;
  /** Whether it is worth putting on the bypass: it gains, and can be reached. */
  readonly isWorth: boolean;
}

/** The gain of a bypass on a cgroup. */
export interface CgroupGain {
  /** Full path on the host. */
  readonly cgroup: string;
  readonly label?: string | undefined;
  /** Sum over the flows that begin or end in it, in ms a second; a flow of two cgroups counts for both. */
  readonly savedMs: number;
  /** Mean of its flows' ratios, by the traffic that they carry. */
  readonly ratio: number;
  readonly basis: Basis | 'both';
  /** Indices into `flows`. */
  readonly flows: readonly number[];
  readonly against: readonly Objection[];
}

/** A reason against a bypass. */
export interface Objection {
  readonly kind:
    | 'stalls'
    | 'differs'
    | 'known-program'
    | 'kernel-tls'
    | 'mptcp'
    | 'stays'
    | 'short-connections'
    | 'small-one-way'
    | 'root-cgroup'
    | 'unknown-cgroup';
  /** A sentence. */
  readonly words: string;
  /** Whether to leave this alone until it is settled; else something to know. */
  readonly isGrave: boolean;
}

export interface Verdict {
  /** `gains`: load it there; `doubtful`: it would gain, but something grave speaks against it. */
  readonly kind: 'gains' | 'doubtful' | 'nothing';
  /** The answer in one or two sentences. */
  readonly words: string;
  /** The basis of the gains: a sentence. */
  readonly basis: string;
  /** The most gain first. */
  readonly gains: readonly FlowGain[];
  /** The most gain first; only those with flows that are worth it. */
  readonly cgroups: readonly CgroupGain[];
  /** The fewest cgroups that hold both ends of all flows that are worth it: those to load on. */
  readonly cover: readonly string[];
  /** The requirements of these flows; undefined where none is worth it. */
  readonly reach: 'namespace' | 'host' | undefined;
  /** Objections to it, of all of `cover`. */
  readonly against: readonly Objection[];
  /** Sizes seen there, the most frequent first: what to benchmark with. Powers of two. */
  readonly sizes: readonly Size[];
}
