import * as z from 'zod';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import { ownerOf, parseTool, programsSchema } from './found.ts';

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
        return `${name === '' ? 'a program without a name' : name} (id ${id}) is at ${at} and admits no other: ${owner}`;
      });
  });
}

/** The error of a load that could not attach, with who is in its way. */
export async function attachError(
  host: Host,
  error: HostError,
  cgroup: string,
): Promise<HostError> {
  const boundary = newBoundary();
  const argv = scriptArgv('ctl_attached', boundary, cgroup);
  const tried = 'look who is in the way';
  const { stdout } = await host.run(argv, { tried, root: true });
  const [first, ...more] = exclusivePrograms(stdout, boundary, cgroup);
  if (first === undefined) return error;
  const { problem } = error;
  return new HostError({
    ...problem,
    words: [first, ...more, problem.words].join('\n'),
    headline: first,
    next: 'Ask whoever loaded it to attach it with the flag multi. The host is as it was before.',
  });
}
