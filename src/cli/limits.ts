import { isNetwork, type GuardedLimits } from '../bypass/config.ts';
import { number, texts, type Values } from './options.ts';

/** Limits of the guarded policy, as the extension's settings have them. */
export const LIMIT_OPTIONS = {
  'local-network': texts(
    'CIDR',
    'A network that counts as the host, beside its own addresses and loopback.',
    (one) => (isNetwork(one) ? undefined : 'not an address or a network'),
  ),
  'queue-bound': number('MIB', [1, 1024], 'MiB that may wait at one receiver; 4 by default.', {
    isWhole: false,
  }),
  'one-way-limit': number(
    'COUNT',
    [1, 1_000_000],
    'Small messages without an answer after which a direction goes back to TCP; 256 by default.',
  ),
  'max-sockets': number(
    'COUNT',
    [16, 10_000_000],
    'Sockets that can be bypassed at a time; 65536 by default.',
  ),
};

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
