import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { parseJson } from '../host/json.ts';
import { newBoundary, parseSections } from '../host/sections.ts';

const programsSchema = z.array(
  z.object({
    id: z.int(),
    uid: z.int().optional(),
    pinned: z.array(z.string()).default([]),
    pids: z.array(z.object({ pid: z.int(), comm: z.string() })).default([]),
  }),
);
type KernelProgram = z.infer<typeof programsSchema>[number];

const attachedSchema = z.array(
  z.object({
    id: z.int(),
    attach_type: z.string(),
    attach_flags: z.string().default(''),
    name: z.string().default(''),
  }),
);

/**
 * The programs that keep others from attaching a sock_ops program beside them: at the cgroup any that is
 * not attached as one of several, above it one that nothing may be added to.
 * @param text output of `sockmap-bypassctl attached`.
 * @returns one line for each.
 */
export function exclusivePrograms(text: string, boundary: string, cgroup: string): string[] {
  const sections = parseSections(text, boundary);
  const programs =
    parseTool(programsSchema, sections.find(({ name }) => name === 'programs')?.text ?? '') ?? [];
  return sections.flatMap(({ name, text }) => {
    if (!name.startsWith('at ')) return [];
    const at = name.slice('at '.length);
    return (parseTool(attachedSchema, text) ?? [])
      .filter(({ attach_type }) => attach_type.endsWith('sock_ops'))
      .filter(({ attach_flags }) =>
        at === cgroup ? attach_flags !== 'multi' : attach_flags === '',
      )
      .map(({ id, name }) => {
        const owner = ownerOf(programs.find((program) => program.id === id));
        return l10n.t(
          '{0} (id {1}) is at {2} and admits no other: {3}',
          name === '' ? l10n.t('a program without a name') : name,
          id,
          at,
          owner,
        );
      });
  });
}

/** The error of a load that could not attach, with who is in its way. */
export async function attachError(
  host: Host,
  error: HostError,
  cgroups: readonly string[],
): Promise<HostError> {
  const boundary = newBoundary();
  const found: string[] = [];
  for (const cgroup of cgroups) {
    const argv = scriptArgv('ctl_attached', boundary, cgroup);
    const { stdout } = await host.run(argv, {
      tried: l10n.t('find what is in the way'),
      root: true,
    });
    found.push(...exclusivePrograms(stdout, boundary, cgroup));
  }
  const [first, ...more] = found;
  if (first === undefined) return error;
  const { problem } = error;
  return new HostError({
    ...problem,
    words: [first, ...more, problem.words].join('\n'),
    headline: first,
    next: l10n.t(
      'Ask whoever loaded it to attach it with the flag multi. The host is as it was before.',
    ),
  });
}

/** Who has loaded a program, who has it open, and where it is pinned, as far as the kernel knows. */
function ownerOf(program: KernelProgram | undefined): string {
  if (program === undefined) return 'unknown';
  const { uid, pids, pinned } = program;
  return [
    uid === undefined ? l10n.t('loaded by an unknown user') : l10n.t('loaded by user {0}', uid),
    ...pids.map(({ pid, comm }) => l10n.t('held by {0} ({1})', comm, pid)),
    ...pinned.map((pin) => l10n.t('pinned at {0}', pin)),
  ].join(', ');
}

/**
 * Tools' JSON is hostile until parsed; what does not fit counts as absent. bpftool prints it in one line, and
 * names as they are, control characters included.
 */
function parseTool<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    const escaped = text
      .trim()
      .replace(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return schema.parse(parseJson(escaped));
  } catch {
    return undefined;
  }
}
