import * as vscode from 'vscode';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { agreeToHost } from '../ui/consent.ts';
import { Pointed } from '../ui/pointed.ts';

export const text = z.string().min(1);

export const hostArgument = z.strictObject({ host: text });
export const cgroupArgument = z.strictObject({ host: text, cgroup: text });
/** A bypass that is kept, by its name or by a cgroup. */
export const keptArgument = z
  .strictObject({ host: text, name: text.optional(), cgroup: text.optional() })
  .refine(({ name, cgroup }) => (name === undefined) !== (cgroup === undefined), {
    error: 'name what is kept, or a cgroup of it',
    path: ['name'],
  });
/** One of them, or several. */
export const cgroupsArgument = z.strictObject({
  host: text,
  cgroup: text.optional(),
  cgroups: z.array(text).min(1).max(1000).optional(),
});

/** A rule for what it takes: one of `cgroup` and `cgroups`. */
export const ONE_OF_CGROUPS = {
  error: 'name a cgroup, or several as cgroups',
  path: ['cgroup'],
  when: ({ value }: { value: unknown }): boolean => typeof value === 'object' && value !== null,
};
export const namesCgroups = (value: NamesCgroups): boolean =>
  (value.cgroup === undefined) !== (value.cgroups === undefined);

interface NamesCgroups {
  readonly cgroup?: string | undefined;
  readonly cgroups?: readonly string[] | undefined;
}

/** Those that an argument names. */
export const cgroupsOf = ({ cgroup, cgroups = [] }: NamesCgroups): string[] => [
  ...(cgroup === undefined ? [] : [cgroup]),
  ...cgroups,
];

/** A file: a URI, how it is written in a keybinding, or one of another extension, that has lost its class. */
export const uriArgument = z.union([
  z.custom<vscode.Uri>((value) => value instanceof vscode.Uri),
  text.transform((value) =>
    /^[a-z][\w+.-]+:/i.test(value) ? vscode.Uri.parse(value) : vscode.Uri.file(value),
  ),
  z.looseObject({ scheme: z.string(), path: text }).transform((parts) => vscode.Uri.from(parts)),
]);

/**
 * The C file in the editor.
 * @throws HostError of kind `input` where there is none.
 */
export function fileInEditor(tried: string): vscode.Uri {
  const uri = vscode.window.activeTextEditor?.document.uri;
  if (uri?.path.endsWith('.c') === true) return uri;
  throw new HostError({
    kind: 'input',
    tried,
    words: '',
    next: vscode.l10n.t('Open a .bpf.c file first.'),
  });
}

/**
 * Reads a command's argument, which keybindings, tasks and other extensions write.
 * @returns undefined where there is none, or a person pointed at something: they are asked for the rest.
 */
export function readArgument<T>(schema: z.ZodType<T>, argument: unknown): T | undefined {
  if (argument === undefined || argument === null || argument instanceof Pointed) return undefined;
  const parsed = schema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new HostError({
    kind: 'input',
    tried: vscode.l10n.t('read the argument of the command'),
    words: parsed.error.issues
      .map(({ path, message }) => [...path, message].map(String).join(': '))
      .join('; '),
    next: vscode.l10n.t('Correct the keybinding or the task.'),
  });
}

interface NamesHosts extends NamesCgroups {
  readonly host?: string | undefined;
  readonly hosts?: readonly string[];
}

/** The same of an argument that names hosts: of those that are not known, a person is asked first. */
export async function readHostArgument<T extends NamesHosts>(
  context: Context,
  schema: z.ZodType<T>,
  argument: unknown,
): Promise<T | undefined> {
  const given = readArgument(schema, argument);
  if (given === undefined) return undefined;
  const { host, hosts = host === undefined ? [] : [host] } = given;
  const cgroups = cgroupsOf(given);
  for (const each of hosts) await agreeToHost(context, { host: each, cgroups });
  return given;
}
