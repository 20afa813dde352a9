import * as z from 'zod';
import { PIN_ROOT } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import { liveConfig, type LiveConfig } from './config.ts';
import { STATUS, UNPINNED } from './scripts.ts';
import { parseJson } from '../host/json.ts';

export type Policy = 'guarded' | 'classic';

export interface Program {
  readonly id: number;
  /** The kernel's hash of the instructions: equal tags, equal programs. */
  readonly tag: string;
}

/** One bypass on a host, as the host itself tells. */
export interface Attachment {
  /** Its cgroup; undefined when that was removed while the pins stayed. */
  readonly cgroup: string | undefined;
  /** What a removed cgroup was called. */
  readonly gone?: string;
  /**
   * `attached`: on. `detached`: pinned, but no program is at the cgroup (a load that was cut off, or
   * a cgroup that is gone). `unpinned`: attached, but its pins were removed by hand.
   */
  readonly state: 'attached' | 'detached' | 'unpinned';
  readonly policy: Policy;
  /** What the guarded programs are told at present; undefined for classic, which cannot be told. */
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
  /** Id of bypass_config, of guarded programs without pins. */
  readonly configMap?: number;
}

/** Whether it hands data over: attached, and not told to leave everything to TCP. */
export const isOn = ({ state, config }: Attachment): boolean =>
  state !== 'detached' && config?.mode !== 'off';

export interface BypassStatus {
  readonly host: string;
  readonly attachments: readonly Attachment[];
}

/** Reads what is loaded from the host; needs root (`Host.becomeRoot`). */
export async function readStatus(
  host: Host,
  cgroupMount: string,
  signal?: AbortSignal,
): Promise<BypassStatus> {
  const boundary = newBoundary();
  const text = await host.check(['sh', '-c', STATUS, 'sh', boundary, PIN_ROOT, cgroupMount], {
    tried: 'read the status of the bypass',
    root: true,
    signal,
  });
  const attachments = parseStatus(text, boundary);
  const ids = attachments.flatMap(({ state, sockops }) =>
    state === 'unpinned' && sockops !== undefined ? [String(sockops.id)] : [],
  );
  if (ids.length === 0) return { host: host.name, attachments };
  const more = await host.check(['sh', '-c', UNPINNED, 'sh', boundary, ...ids], {
    tried: 'read what programs without pins use',
    root: true,
    signal,
  });
  return { host: host.name, attachments: withUnpinned(attachments, more, boundary) };
}

/** Pin directories are named after the cgroup's id; while a load is under way, with a suffix. */
const OURS = /\/\d+(_[A-Za-z0-9]{8})?$/;

const programSchema = z.object({ id: z.int(), tag: z.string() });
const attachedSchema = z.array(
  z.object({
    id: z.int(),
    name: z.string().default(''),
    attach_type: z.string().default(''),
  }),
);
const treeSchema = z.array(z.object({ cgroup: z.string(), programs: attachedSchema }));
const mapSchema = z.object({ max_entries: z.int() });

/** @param text output of the STATUS script. */
export function parseStatus(text: string, boundary: string): Attachment[] {
  const pinned: Attachment[] = [];
  let entry = new Map<string, string>();
  let tree: z.infer<typeof treeSchema> = [];
  for (const section of parseSections(text, boundary)) {
    if (section.name === 'tree') tree = parse(treeSchema, section.text) ?? [];
    else if (section.name === 'pins' || section.name === 'end') {
      if (OURS.test(entry.get('pins') ?? '')) pinned.push(attachment(entry));
      entry = new Map([['pins', section.text]]);
    } else entry.set(section.name, section.text);
  }
  // Programs of ours whose pins somebody removed run on: they are found by name.
  const known = new Set(pinned.map(({ sockops }) => sockops?.id));
  const unpinned = tree.flatMap(({ cgroup, programs }) =>
    programs
      .filter(({ id, name }) => name === 'sockmap_sockops' && !known.has(id))
      .map(({ id }): Attachment => ({
        cgroup,
        state: 'unpinned',
        policy: 'guarded',
        sockops: { id, tag: '' },
        redirect: undefined,
        sockets: 0,
        maxSockets: 0,
        counters: {},
        pins: undefined,
      })),
  );
  return [...pinned, ...unpinned];
}

const usedSchema = programSchema.extend({ map_ids: z.array(z.int()).default([]) });
/** A single one comes without the brackets. */
const numberedSchema = z.object({ id: z.int() });
const mapsSchema = z.union([z.array(numberedSchema), numberedSchema.transform((one) => [one])]);

/**
 * Tells of programs without pins what they are: the guarded ones have a configuration.
 * @param text output of the UNPINNED script.
 */
export function withUnpinned(
  attachments: readonly Attachment[],
  text: string,
  boundary: string,
): Attachment[] {
  const sections = parseSections(text, boundary);
  const used = sections.flatMap((one) =>
    one.name === 'program' ? (parse(usedSchema, one.text) ?? []) : [],
  );
  const configs = parse(mapsSchema, sections.find(({ name }) => name === 'configs')?.text ?? '');
  return attachments.map((one) => {
    const program = used.find(({ id }) => one.state === 'unpinned' && id === one.sockops?.id);
    if (program === undefined) return one;
    const { id, tag, map_ids } = program;
    const config = configs?.find((map) => map_ids.includes(map.id));
    return {
      ...one,
      policy: config === undefined ? 'classic' : 'guarded',
      sockops: { id, tag },
      ...(config && { configMap: config.id }),
    };
  });
}

function attachment(entry: ReadonlyMap<string, string>): Attachment {
  const text = (name: string): string => entry.get(name) ?? '';
  const sockops = parse(programSchema, text('sockops'));
  const effective = parse(attachedSchema, text('effective')) ?? [];
  const cgroup = text('cgroup') === '' ? undefined : text('cgroup');
  const gone = text('gone');
  const config = parseConfig(text('config'));
  const attached = sockops !== undefined && effective.some(({ id }) => id === sockops.id);
  const beside = effective
    .filter(({ id, attach_type }) => id !== sockops?.id && attach_type.endsWith('sock_ops'))
    .map(({ id, name }) => `${name.replace(/[^\w.]/g, '?')} (id ${id})`);
  return {
    cgroup,
    ...(gone !== '' && { gone }),
    state: attached ? 'attached' : 'detached',
    policy: text('config') === '' ? 'classic' : 'guarded',
    ...(config && { config }),
    sockops,
    redirect: parse(programSchema, text('redirect')),
    ...(attached && beside.length > 0 && { beside }),
    sockets: Number(/Found (\d+) element/.exec(text('sockets'))?.[1] ?? 0),
    maxSockets: parse(mapSchema, text('map'))?.max_entries ?? 0,
    counters: parseCounters(text('counters')),
    pins: text('pins'),
  };
}

const configSchema = z.array(
  z.object({ formatted: z.object({ value: z.record(z.string(), z.number()) }) }),
);

/** @param text `bpftool -j map dump` of an array of one struct. */
function parseConfig(text: string): LiveConfig | undefined {
  const value = parse(configSchema, text)?.[0]?.formatted.value;
  return value === undefined ? undefined : liveConfig(value);
}

const countersSchema = z.array(
  z.object({
    formatted: z.object({
      values: z.array(z.object({ value: z.record(z.string(), z.number()) })),
    }),
  }),
);

/**
 * Sums a per-CPU array of one struct of counters, whose names come from the object's BTF.
 * @param text `bpftool -j map dump`.
 */
export function parseCounters(text: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { formatted } of parse(countersSchema, text) ?? []) {
    for (const { value } of formatted.values) {
      for (const [name, count] of Object.entries(value)) sums[name] = (sums[name] ?? 0) + count;
    }
  }
  return sums;
}

/** Tools' JSON is hostile until parsed; what does not fit counts as absent. */
function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(parseJson(text));
  } catch {
    return undefined;
  }
}
