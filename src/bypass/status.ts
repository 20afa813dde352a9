import * as z from 'zod';
import { HostError } from '../host/errors.ts';
import { PIN_ROOT } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import { type Attachment, type BypassStatus } from './attachment.ts';
import { liveConfig, type LiveConfig } from './config.ts';
import { parseStatus, parseTool, type Found, type MapKind } from './found.ts';
import { UNSAFE_PIN_ROOT } from './pins.ts';

const TRIED = 'read the status of the bypass';

/**
 * Reads what is loaded from the host; needs root (`Host.becomeRoot`).
 * @throws HostError also when it cannot be told: then nothing is known, not nothing loaded.
 */
export async function readStatus(host: Host, signal?: AbortSignal): Promise<BypassStatus> {
  const boundary = newBoundary();
  const argv = scriptArgv('ctl_sections', boundary);
  const { exitCode, stdout, stderr } = await host.run(argv, { tried: TRIED, root: true, signal });
  if (exitCode === UNSAFE_PIN_ROOT) throw unsafePinRoot(host, TRIED, stderr);
  let found: ReturnType<typeof parseStatus>;
  try {
    found = parseStatus(stdout, boundary);
  } catch (cause) {
    const words = [String(cause instanceof Error ? cause.message : cause), stderr]
      .join('\n')
      .trim();
    const next = 'Try again; then look at bpftool on the host.';
    throw new HostError(
      { kind: 'command', tried: TRIED, where: host.name, words, next },
      { cause },
    );
  }
  const wanted = found.bypasses.flatMap(({ maps }) =>
    Object.entries(maps).flatMap(([kind, id]) => [kind, String(id)]),
  );
  const text =
    wanted.length === 0
      ? ''
      : await host.check(scriptArgv('ctl_contents', boundary, ...wanted), {
          tried: TRIED,
          root: true,
          signal,
        });
  const { bypasses, namesakes } = found;
  return { host: host.name, attachments: withContents(bypasses, text, boundary), namesakes };
}

export const unsafePinRoot = (host: Host, tried: string, words: string): HostError =>
  new HostError({
    kind: 'privilege',
    tried,
    where: host.name,
    words: words.trim(),
    next: `Look who made ${PIN_ROOT} on the host and remove it; mount the BPF file system with mode 0700.`,
  });

/**
 * Adds what the maps hold.
 * @param text output of `sockmap-bypassctl contents`.
 */
export function withContents(
  found: readonly Found[],
  text: string,
  boundary: string,
): Attachment[] {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  return found.map(({ attachment, maps }) => {
    const told = (kind: MapKind): string => sections.get(`${kind} ${maps[kind] ?? ''}`) ?? '';
    const config = parseConfig(told('config'));
    return {
      ...attachment,
      ...(config && { config }),
      sockets: Number(/Found (\d{1,10}) element/.exec(told('sockets'))?.[1] ?? 0),
      counters: parseCounters(told('counters')),
    };
  });
}

const configSchema = z.array(
  z.object({ formatted: z.object({ value: z.record(z.string(), z.number()) }) }),
);

/** @param text `bpftool -j map dump` of an array of one struct. */
function parseConfig(text: string): LiveConfig | undefined {
  const value = parseTool(configSchema, text)?.[0]?.formatted.value;
  return value === undefined ? undefined : liveConfig(value);
}

const countersSchema = z.array(
  z.object({
    formatted: z.object({
      values: z.array(z.object({ value: z.record(z.string(), z.int().nonnegative()) })),
    }),
  }),
);

/**
 * Sums a per-CPU array of one struct of counters, whose names come from the object's BTF.
 * @param text `bpftool -j map dump`.
 */
export function parseCounters(text: string): Record<string, number> {
  // A map, because every object has a toString already.
  const sums = new Map<string, number>();
  for (const { formatted } of parseTool(countersSchema, text) ?? []) {
    for (const { value } of formatted.values) {
      for (const [name, count] of Object.entries(value))
        sums.set(name, (sums.get(name) ?? 0) + count);
    }
  }
  return Object.fromEntries(sums);
}
