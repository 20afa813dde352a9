import * as z from 'zod';
import { isNetwork, type GuardedLimits } from '../bypass/config.ts';
import { readSettings } from '../workspace/settings.ts';

const limitsSchema = z.object({
  localNetworks: z.array(z.string().refine(isNetwork, 'not an address or a network')),
  queueBoundMiB: z.number().min(1).max(1024),
  oneWayLimit: z.int().min(1).max(1_000_000),
  maxSockets: z.int().min(16).max(10_000_000),
});

/**
 * The limits of the guarded policy as the settings have them.
 * @throws HostError that names the setting.
 */
export function readLimits(): GuardedLimits {
  const { queueBoundMiB, ...limits } = readSettings('sockmapBypass.guarded', limitsSchema);
  return { ...limits, queueBound: queueBoundMiB * 2 ** 20 };
}
