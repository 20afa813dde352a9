import * as l10n from '@vscode/l10n';
import ipaddr from 'ipaddr.js';

/** Limits of the guarded policy; what is left out has the programs' own default. */
export interface GuardedLimits {
  /** Networks (CIDR) that count as this host beside its own addresses and loopback. */
  readonly localNetworks?: readonly string[] | undefined;
  /** Bytes that may wait at one receiver before its sender is held back. */
  readonly queueBound?: number | undefined;
  /** Small messages in a row without an answer after which a direction goes back to TCP. */
  readonly oneWayLimit?: number | undefined;
  /** Sockets the map can hold; further ones stay on TCP. */
  readonly maxSockets?: number | undefined;
}

/** The least and the most that a limit may be, wherever it comes from. */
export const LIMIT_RANGES = {
  queueBoundMiB: [1, 1024],
  oneWayLimit: [1, 1_000_000],
  maxSockets: [16, 10_000_000],
} as const;

/** A network as the programs look it up: IPv4 as ::ffff:a.b.c.d, so 96 bits longer. */
export interface Prefix {
  readonly length: number;
  /** 16 bytes in network order. */
  readonly address: readonly number[];
}

/** The `mode` of bypass_config: `unguarded` is without the queue bound and the one-way rule, as the classic programs. */
const MODES = { guarded: 0, off: 1, unguarded: 2 } as const;
export type Mode = keyof typeof MODES;
export const MODE_NAMES = Object.keys(MODES) as readonly Mode[];

/** The `reach` of bypass_config, by its number: connections within one network namespace, or of the whole host. */
export const REACHES = ['namespace', 'host'] as const;
export type Reach = (typeof REACHES)[number];

/** Percentage of new connections that are bypassed, chosen at random; 0 is none, to end a trial. */
export const SHARE_RANGE = [0, 100] as const;

/** The contents of bypass_config on a host, with the programs' own defaults where it says 0. */
export interface LiveConfig {
  readonly mode: Mode;
  readonly reach: Reach;
  /** Bytes. */
  readonly queueBound: number;
  readonly oneWayLimit: number;
  /** With reach `host`: seconds without data after which connection tracking is reminded of a connection. */
  readonly keepAlive?: number;
  /** Percentage of new connections that are bypassed, where that is not all of them. */
  readonly share?: number;
}

/** The programs' own. */
export const DEFAULT_LIMITS = { queueBound: 4 << 20, oneWayLimit: 256, maxSockets: 65_536 };

/**
 * @param text an address, or a network in CIDR notation.
 * @throws Error that names the text.
 */
export function parsePrefix(text: string): Prefix {
  try {
    const [host = ''] = text.split('/');
    // Short forms ("10.1" for 10.0.0.1) are more often slips than meant.
    if (!host.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(host))
      throw new Error('not whole');
    const [address, length] = text.includes('/')
      ? ipaddr.parseCIDR(text)
      : [ipaddr.parse(text), 128];
    if (address.kind() === 'ipv6') return { address: address.toByteArray(), length };
    const mapped = (address as ipaddr.IPv4).toIPv4MappedAddress();
    return { address: mapped.toByteArray(), length: text.includes('/') ? length + 96 : 128 };
  } catch (cause) {
    throw new Error(l10n.t('{0} is not an address or a network', JSON.stringify(text)), { cause });
  }
}

export function isNetwork(text: string): boolean {
  try {
    parsePrefix(text);
    return true;
  } catch {
    return false;
  }
}

/** Stands in a batch for the pin directory, whose name the host chooses. */
const PINS = '@PINS@';

/**
 * Commands for `bpftool batch` that tell the guarded programs their limits (bpf/README.md has the layout of
 * their maps). The host's command adds its own addresses, and to bypass_config the reach and the size that it has.
 * The mode comes first: a batch ends at its first error, and switching off must not hang on a map that is full.
 * @param architecture `uname -m`: numbers go in its byte order.
 */
export function setupBatch(
  architecture: string,
  { localNetworks = [], ...limits }: GuardedLimits,
  mode: Mode = 'guarded',
): string {
  const keys = localNetworks
    .map(parsePrefix)
    .map(({ length, address }) => hex([...u32(length, architecture), ...address]));
  const update = (name: string, rest: string) =>
    `map update pinned ${PINS}/${name} key hex ${rest}\n`;
  return [
    update('bypass_config', `00 00 00 00 value hex ${configValue(architecture, mode, limits)}`),
    ...keys.map((key) => update('bypass_local', `${key} value hex 01 00 00 00`)),
  ].join('');
}

/** The value of bypass_config: mode, one_way_limit, kept_on_tcp, reach, queue_bound (u64). */
export function configValue(
  architecture: string,
  mode: Mode,
  { oneWayLimit = 0, queueBound = 0 }: GuardedLimits = {},
): string {
  const high = u32(Math.floor(queueBound / 2 ** 32), architecture);
  const low = u32(queueBound % 2 ** 32, architecture);
  return hex([
    ...[MODES[mode], oneWayLimit, 0, 0].flatMap((word) => u32(word, architecture)),
    ...(isBigEndian(architecture) ? [...high, ...low] : [...low, ...high]),
  ]);
}

const isBigEndian = (architecture: string): boolean =>
  /^(s390x?|ppc64|ppc|mips)$/.test(architecture);

function u32(value: number, architecture: string): number[] {
  const bytes = [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
  return isBigEndian(architecture) ? bytes.reverse() : bytes;
}

const hex = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
