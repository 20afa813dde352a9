import {
  DEFAULT_LIMITS,
  isNetwork,
  LIMIT_RANGES,
  SHARE_RANGE,
  type GuardedLimits,
} from '../bypass/config.ts';
import { isDeepStrictEqual } from 'node:util';
import { number, texts, type Values } from './options.ts';

/** Limits of the guarded policy, as the extension's settings have them. */
export const LIMIT_OPTIONS = {
  'local-network': texts(
    'CIDR',
    'A network that counts as this host, beside loopback and its own addresses.',
    (one) => (isNetwork(one) ? undefined : 'not an address or a network'),
  ),
  'queue-bound': number(
    'MIB',
    LIMIT_RANGES.queueBoundMiB,
    'How much data may wait at one receiver; 4 by default.',
    {
      isWhole: false,
    },
  ),
  'one-way-limit': number(
    'COUNT',
    LIMIT_RANGES.oneWayLimit,
    'After so many small messages without an answer, a direction goes back to TCP; 256 by default.',
  ),
  'max-sockets': number(
    'COUNT',
    LIMIT_RANGES.maxSockets,
    'How many sockets can be bypassed at the same time; 65536 by default.',
  ),
};

export const SHARE = number(
  'PERCENT',
  SHARE_RANGE,
  'Percentage of new connections that are bypassed, chosen at random; the others stay on TCP. 100 by default.',
);

/** Limits that are left out have the programs' own default. */
export function limitsOf(values: Values<typeof LIMIT_OPTIONS>): GuardedLimits {
  const { 'queue-bound': queueBound, 'one-way-limit': oneWayLimit } = values;
  const { 'max-sockets': maxSockets, 'local-network': localNetworks } = values;
  return {
    localNetworks,
    ...(queueBound !== undefined && { queueBound: queueBound * 2 ** 20 }),
    ...(oneWayLimit !== undefined && { oneWayLimit }),
    ...(maxSockets !== undefined && { maxSockets }),
  };
}

/**
 * The first option that contradicts the limits a run began with; undefined: none does.
 * @param values as they were given.
 * @param begun of the run's document; what they leave out has the programs' own default.
 */
export function contradiction(
  values: Values<typeof LIMIT_OPTIONS>,
  begun: GuardedLimits,
): string | undefined {
  const { localNetworks = [], ...given } = limitsOf(values);
  const { localNetworks: networks = [], ...numbers } = begun;
  const before: GuardedLimits = { ...DEFAULT_LIMITS, ...numbers };
  const isOther = (name: keyof typeof given) =>
    given[name] !== undefined && given[name] !== before[name];
  if (isOther('queueBound')) {
    return `--queue-bound: the run began with ${(before.queueBound ?? 0) / 2 ** 20}`;
  }
  if (isOther('oneWayLimit')) return `--one-way-limit: the run began with ${before.oneWayLimit}`;
  if (isOther('maxSockets')) return `--max-sockets: the run began with ${before.maxSockets}`;
  const sorted = (all: readonly string[]) => [...new Set(all)].sort();
  if (localNetworks.length === 0 || isDeepStrictEqual(sorted(localNetworks), sorted(networks))) {
    return undefined;
  }
  return `--local-network: the run began with ${networks.length === 0 ? 'none' : networks.join(', ')}`;
}
