import * as vscode from 'vscode';
import * as z from 'zod';
import { isNetwork, type GuardedLimits } from '../bypass/config.ts';
import { HostError } from '../host/errors.ts';

const SECTION = 'sockmapBypass.guarded';

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
  const settings = vscode.workspace.getConfiguration(SECTION);
  const parsed = limitsSchema.safeParse(
    Object.fromEntries(Object.keys(limitsSchema.shape).map((key) => [key, settings.get(key)])),
  );
  if (parsed.success) {
    const { queueBoundMiB, ...limits } = parsed.data;
    return { ...limits, queueBound: queueBoundMiB * 2 ** 20 };
  }
  throw new HostError({
    kind: 'input',
    tried: `read the settings ${SECTION}`,
    where: 'this window',
    words: z.prettifyError(parsed.error),
    next: 'Correct the setting.',
  });
}
