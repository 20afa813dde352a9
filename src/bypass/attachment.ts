import type { LiveConfig } from './config.ts';

export type Policy = 'guarded' | 'classic';

interface Program {
  readonly id: number;
  /** The kernel's hash of the instructions: equal tags, equal programs. */
  readonly tag: string;
}

/** One bypass on a host, as the host itself reports it. */
export interface Attachment {
  /** The first of its cgroups; undefined when all were removed while the pins stayed. */
  readonly cgroup: string | undefined;
  /** Those that its program is at; of a bypass that is not attached, those that it was meant for. */
  readonly cgroups: readonly string[];
  /** The names that cgroups of it had which were removed. */
  readonly gone: readonly string[];
  /**
   * `attached`: on. `detached`: pinned, but no program is at a cgroup (a load that was cut off, or
   * cgroups that are gone). `unpinned`: attached, but its pins were removed by hand. `loading`: not
   * attached yet, and a load is at it.
   */
  readonly state: 'attached' | 'detached' | 'unpinned' | 'loading';
  /** Who loads it: an account of the host, and the process there. */
  readonly loader?: string;
  readonly policy: Policy;
  /** The settings that the guarded programs have at present; undefined for classic, which has none. */
  readonly config?: LiveConfig;
  readonly sockops: Program | undefined;
  readonly redirect: Program | undefined;
  /** Other sock_ops programs that run for the cgroup's sockets: they can take our callbacks away. */
  readonly beside?: readonly string[];
  /** Sockets in the map now, and how many it can hold. */
  readonly sockets: number;
  readonly maxSockets: number;
  /** The programs' own counters, summed over CPUs, by the names they give them. */
  readonly counters: Readonly<Record<string, number>>;
  /** Pin directory; undefined when unpinned. */
  readonly pins: string | undefined;
  /** Id of bypass_config, pinned or not, of guarded programs. */
  readonly configMap?: number;
}

/** Whether it hands data over: attached, and not set to leave everything to TCP. */
export const isOn = (one: Attachment): boolean => isAttached(one) && one.config?.mode !== 'off';

/** Whether it is the bypass on one of these cgroups, or that of one of these pin directories. */
export const serves = ({ cgroups, pins }: Attachment, named: readonly string[]): boolean =>
  named.some((one) => one === pins || cgroups.includes(one));

/** A program at a cgroup that is called as ours and does not put sockets into a map of ours. */
interface Namesake {
  readonly cgroup: string;
  readonly id: number;
  readonly name: string;
  /** Who loaded it, as far as the kernel knows: "uid 0, nginx (4711)". */
  readonly owner: string;
}

/** A bypass that the host's systemd keeps across reboots: `sockmap-bypassctl keep`. */
export interface Kept {
  readonly name: string;
  /** Services and slices. */
  readonly units: readonly string[];
  /** Paths of other cgroups. */
  readonly cgroups: readonly string[];
  readonly policy: string;
  readonly reach: string;
  /**
   * `ready`: on when its cgroups are there. `waiting`: not verified on this kernel yet. `refused`: not loaded, for
   * the reason `why`. `stopped`: until the next boot.
   */
  readonly state: 'on' | 'ready' | 'waiting' | 'refused' | 'stopped';
  readonly why?: string;
  /** Version of the command that keeps it. */
  readonly version: string;
}

export interface BypassStatus {
  readonly host: string;
  readonly attachments: readonly Attachment[];
  readonly namesakes: readonly Namesake[];
  /** Left out where nothing is kept. */
  readonly kept?: readonly Kept[];
  /** After an unload: the cgroups that the bypass was on, or that have left it behind; all of them are off. */
  readonly unloaded?: readonly string[];
  /** After a load or a change of policy: the host has more addresses than the programs were given. */
  readonly addressesCapped?: true;
  /** After the same: why it stays within a network namespace though it was to reach the host. */
  readonly reachRefused?: 'kernel' | 'programs';
  /** After the same: the programs know no share, and bypass all connections. */
  readonly shareRefused?: boolean;
}

/** @param notes the remarks of `sockmap-bypassctl` on a load or a change. */
export const withNotes = (status: BypassStatus, notes: readonly string[]): BypassStatus => ({
  ...status,
  ...(notes.includes('addresses') && { addressesCapped: true as const }),
  ...(notes.includes('share-programs') && { shareRefused: true }),
  ...(notes.includes('reach-kernel') && { reachRefused: 'kernel' as const }),
  ...(notes.includes('reach-programs') && { reachRefused: 'programs' as const }),
});

/** Whether its program is at the cgroup. */
export const isAttached = ({ state }: Attachment): boolean =>
  state === 'attached' || state === 'unpinned';
