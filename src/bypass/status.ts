import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { HostError } from '../host/errors.ts';
import { PIN_ROOT } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { parseJson } from '../host/json.ts';
import { outputOf } from '../host/run.ts';
import type { Attachment, BypassStatus } from './attachment.ts';
import { MODE_NAMES, REACHES } from './config.ts';
import { UNSAFE_PIN_ROOT } from './pins.ts';

const TRIED = 'read the status of the bypass';

/**
 * Reads what is loaded from the host; needs root (`Host.becomeRoot`).
 * @throws HostError also when it cannot be read: then nothing is known, not nothing loaded.
 */
export async function readStatus(host: Host, signal?: AbortSignal): Promise<BypassStatus> {
  const argv = scriptArgv('status_json');
  const result = await host.run(argv, { tried: TRIED, root: true, signal });
  if (result.exitCode === UNSAFE_PIN_ROOT) throw unsafePinRoot(host, TRIED, result.stderr);
  const next = l10n.t('Try again; then look at bpftool on the host.');
  const text = outputOf(result, { argv, tried: TRIED, where: host.name, next });
  try {
    return { host: host.name, ...parseStatus(text) };
  } catch (cause) {
    const words = `the host printed no status:\n${text.slice(0, 2000)}`;
    throw new HostError(
      { kind: 'command', tried: TRIED, where: host.name, words, next },
      { cause },
    );
  }
}

export const unsafePinRoot = (host: Host, tried: string, words: string): HostError =>
  new HostError({
    kind: 'privilege',
    tried,
    where: host.name,
    words: words.trim(),
    next: l10n.t(
      'Find out who made {0} on the host, and remove it; mount the BPF file system with mode 0700.',
      PIN_ROOT,
    ),
  });

const count = z.number().nonnegative();
const program = z.object({ id: z.int(), tag: z.string() });
const attachmentSchema = z.object({
  cgroup: z.string().nullable(),
  cgroups: z.array(z.string()),
  gone: z.array(z.string()),
  state: z.enum(['attached', 'detached', 'unpinned', 'loading']),
  loader: z.exactOptional(z.string()),
  policy: z.enum(['guarded', 'classic']),
  config: z.exactOptional(
    z.object({
      mode: z.enum(MODE_NAMES),
      reach: z.enum(REACHES),
      queueBound: count,
      oneWayLimit: count,
      keepAlive: z.exactOptional(count),
      share: z.exactOptional(count),
    }),
  ),
  sockops: z.exactOptional(program),
  redirect: z.exactOptional(program),
  beside: z.exactOptional(z.array(z.string())),
  sockets: count,
  maxSockets: count,
  counters: z.record(z.string(), count),
  pins: z.string().nullable(),
  configMap: z.exactOptional(z.int()),
});
const namesake = z.object({
  cgroup: z.string(),
  id: z.int(),
  name: z.string(),
  owner: z.string(),
});
const keptSchema = z.object({
  name: z.string(),
  units: z.array(z.string()),
  cgroups: z.array(z.string()),
  policy: z.string(),
  reach: z.string(),
  state: z.enum(['on', 'ready', 'waiting', 'refused', 'stopped']),
  why: z.exactOptional(z.string()),
  version: z.string(),
});
const statusSchema = z.object({
  attachments: z.array(attachmentSchema),
  namesakes: z.array(namesake),
  /** A recorded status of an older command has none. */
  kept: z.array(keptSchema).default([]),
});

/**
 * @param text output of `sockmap-bypassctl status --json`.
 * @throws Error when it is something else, or cut off.
 */
export function parseStatus(text: string): Omit<BypassStatus, 'host'> {
  const { attachments, namesakes, kept } = statusSchema.parse(parseJson(text));
  return {
    attachments: attachments.map(({ cgroup, pins, sockops, redirect, ...rest }): Attachment => ({
      ...rest,
      cgroup: cgroup ?? undefined,
      sockops,
      redirect,
      pins: pins ?? undefined,
    })),
    namesakes,
    ...(kept.length > 0 && { kept }),
  };
}
