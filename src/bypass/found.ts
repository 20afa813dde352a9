import * as z from 'zod';
import { parseJson } from '../host/json.ts';
import { parseSections, type Section } from '../host/sections.ts';
import type { Attachment, Namesake, Program } from './attachment.ts';

/** The maps whose contents are read, wherever they are pinned, by their ids. */
export type MapKind = 'sockets' | 'counters' | 'config';

const MAPS: Readonly<Record<string, MapKind>> = {
  bypass_socks: 'sockets',
  bypass_counters: 'counters',
  bypass_config: 'config',
};

/** A bypass that was found, without what its maps hold. */
export interface Found {
  readonly attachment: Attachment;
  readonly maps: Readonly<Partial<Record<MapKind, number>>>;
}

/** Pin directories are named after the cgroup's id; while a load is under way, with a suffix. */
const OURS = /\/\d+(_[A-Za-z0-9]{8})?$/;

const programSchema = z.object({
  id: z.int(),
  type: z.string(),
  name: z.string().default(''),
  tag: z.string(),
  map_ids: z.array(z.int()).default([]),
  uid: z.int().optional(),
  pinned: z.array(z.string()).default([]),
  pids: z.array(z.object({ pid: z.int(), comm: z.string() })).default([]),
});
export type KernelProgram = z.infer<typeof programSchema>;
export const programsSchema = z.array(programSchema);
const mapSchema = z.object({
  id: z.int(),
  type: z.string(),
  name: z.string().default(''),
  max_entries: z.int(),
});
type KernelMap = z.infer<typeof mapSchema>;
const attachedSchema = z.array(
  z.object({
    id: z.int(),
    name: z.string().default(''),
    attach_type: z.string().default(''),
  }),
);
const treeSchema = z.array(
  z.object({
    // bpftool writes a backslash as a line break, which no cgroup has in its name.
    cgroup: z.string().transform((name) => name.replaceAll('\n', '\\')),
    programs: attachedSchema,
  }),
);

/** The kernel's programs and maps, and the programs at every cgroup. */
interface Kernel {
  readonly programs: readonly KernelProgram[];
  readonly maps: readonly KernelMap[];
  readonly tree: z.infer<typeof treeSchema>;
}

/**
 * @param text output of `sockmap-bypassctl sections`.
 * @throws Error when it is cut off, or bpftool did not list the cgroups: "nothing is loaded" would be untrue.
 */
export function parseStatus(
  text: string,
  boundary: string,
): { bypasses: Found[]; namesakes: Namesake[] } {
  const sections = parseSections(text, boundary);
  const kernel = readKernel(sections);
  const pinned: Found[] = [];
  let entry: Section[] = [];
  for (const section of sections) {
    if (section.name === 'pins' || section.name === 'end') {
      if (OURS.test(textOf(entry, 'pins'))) pinned.push(pinnedBypass(entry, kernel));
      entry = [];
    }
    entry.push(section);
  }
  const known = new Set(pinned.map(({ attachment }) => attachment.sockops?.id));
  const namesakes: Namesake[] = [];
  const unpinned = kernel.tree.flatMap(({ cgroup, programs }) =>
    programs.flatMap(({ id, name }): Found[] => {
      if (name !== 'sockmap_sockops' || known.has(id)) return [];
      const program = kernel.programs.find((each) => each.id === id);
      const found = program && unpinnedBypass(cgroup, program, kernel);
      if (found !== undefined) return [found];
      namesakes.push({ cgroup, id, name, owner: ownerOf(program) });
      return [];
    }),
  );
  return { bypasses: [...pinned, ...unpinned], namesakes };
}

const textOf = (sections: readonly Section[], name: string): string =>
  sections.find((section) => section.name === name)?.text ?? '';

function readKernel(sections: readonly Section[]): Kernel {
  const told = textOf(sections, 'tree');
  const tree = parseTool(treeSchema, told);
  if (textOf(sections, 'code') !== '0' || tree === undefined) {
    throw new Error(`bpftool did not list the programs of the cgroups\n${told}`);
  }
  const programs = parseTool(programsSchema, textOf(sections, 'programs'));
  const maps = parseTool(z.array(mapSchema), textOf(sections, 'maps'));
  if (programs === undefined || maps === undefined || sections.at(-1)?.name !== 'end') {
    throw new Error('what bpftool tells of programs and maps is cut off');
  }
  return { tree, programs, maps };
}

/**
 * A directory of pins is one bypass, whatever is missing in it or was added: what a pin that somebody
 * removed was of is found by the maps that programs share.
 */
function pinnedBypass(entry: readonly Section[], kernel: Kernel): Found {
  const objects = entry.flatMap(({ name, text }) => (name === 'pinned' ? [text] : []));
  const pinnedPrograms = objects.flatMap((text) => parseTool(programSchema, text) ?? []);
  const pinnedMaps = objects.flatMap((text) => parseTool(mapSchema, text)?.id ?? []);
  const maps = new Set([...pinnedMaps, ...pinnedPrograms.flatMap(({ map_ids }) => map_ids)]);
  const there = parseTool(attachedSchema, textOf(entry, 'effective')) ?? [];
  const effective = new Set(there.map(({ id }) => id));
  const sharing = kernel.programs.filter(({ map_ids }) => map_ids.some((id) => maps.has(id)));
  const sockops =
    pinnedPrograms.find(({ type }) => type === 'sock_ops') ??
    sharing.find(({ type, id }) => type === 'sock_ops' && effective.has(id));
  const redirect = [...pinnedPrograms, ...sharing].find(({ type }) => type === 'sk_msg');
  const isAttached = sockops !== undefined && effective.has(sockops.id);
  const beside = there
    .filter(({ id, attach_type }) => id !== sockops?.id && attach_type.endsWith('sock_ops'))
    .map(({ id, name }) => `${name.replace(/[^\w.]/g, '?')} (id ${id})`);
  const [cgroup, gone, loader] = ['cgroup', 'gone', 'loader'].map((name) => textOf(entry, name));
  for (const id of [sockops, redirect].flatMap((program) => program?.map_ids ?? [])) maps.add(id);
  return bypass(
    {
      cgroup: cgroup === '' ? undefined : cgroup,
      ...(gone !== undefined && gone !== '' && { gone }),
      state: isAttached ? 'attached' : loader === '' ? 'detached' : 'loading',
      ...(!isAttached && loader !== undefined && loader !== '' && { loader }),
      sockops: asProgram(sockops),
      redirect: asProgram(redirect),
      ...(isAttached && beside.length > 0 && { beside }),
      pins: textOf(entry, 'pins'),
    },
    maps,
    kernel,
  );
}

/**
 * Ours is what puts sockets into our map. The map lets go of the other program with its last pin; sockets
 * that have it hold it.
 */
function unpinnedBypass(cgroup: string, sockops: KernelProgram, kernel: Kernel): Found | undefined {
  const socks = kernel.maps.find(
    ({ id, name, type }) =>
      name === 'bypass_socks' &&
      ['sockhash', 'sockmap'].includes(type) &&
      sockops.map_ids.includes(id),
  );
  if (socks === undefined) return undefined;
  const redirect = kernel.programs.find(
    ({ type, map_ids }) => type === 'sk_msg' && map_ids.includes(socks.id),
  );
  const programs = { sockops: asProgram(sockops), redirect: asProgram(redirect) };
  return bypass(
    { cgroup, state: 'unpinned', ...programs, pins: undefined },
    new Set(sockops.map_ids),
    kernel,
  );
}

const asProgram = (program: KernelProgram | undefined): Program | undefined =>
  program && { id: program.id, tag: program.tag };

/** The guarded programs are those with a configuration. */
function bypass(
  told: Omit<Attachment, 'policy' | 'sockets' | 'maxSockets' | 'counters'>,
  ids: ReadonlySet<number>,
  kernel: Kernel,
): Found {
  const own = kernel.maps.filter(({ id }) => ids.has(id));
  const maps: Partial<Record<MapKind, number>> = {};
  for (const { id, name } of own) {
    const kind = MAPS[name];
    if (kind !== undefined) maps[kind] = id;
  }
  return {
    attachment: {
      ...told,
      policy: maps.config === undefined ? 'classic' : 'guarded',
      sockets: 0,
      maxSockets: own.find(({ name }) => name === 'bypass_socks')?.max_entries ?? 0,
      counters: {},
      ...(maps.config !== undefined && { configMap: maps.config }),
    },
    maps,
  };
}

/** Who has loaded a program, who has it open, and where it is pinned, as far as the kernel tells. */
export function ownerOf(program: KernelProgram | undefined): string {
  if (program === undefined) return 'unknown';
  const { uid, pids, pinned } = program;
  return [
    uid === undefined ? 'loaded by an unknown user' : `loaded by user ${uid}`,
    ...pids.map(({ pid, comm }) => `held by ${comm} (${pid})`),
    ...pinned.map((pin) => `pinned at ${pin}`),
  ].join(', ');
}

/**
 * Tools' JSON is hostile until parsed; what does not fit counts as absent. bpftool prints it in one line, and
 * a cgroup's name as it is, control characters included.
 */
export function parseTool<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    const escaped = text
      .trim()
      .replace(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return schema.parse(parseJson(escaped));
  } catch {
    return undefined;
  }
}
