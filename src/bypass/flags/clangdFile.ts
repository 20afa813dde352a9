import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

/** One or several, as clangd reads them. */
const TEXTS = z
  .union([z.string(), z.array(z.string())])
  .transform((one) => (typeof one === 'string' ? [one] : one))
  .default([]);

const FRAGMENT = z.object({
  If: z.object({ PathMatch: TEXTS, PathExclude: TEXTS }).optional(),
  CompileFlags: z
    .object({ Add: TEXTS, Remove: TEXTS, CompilationDatabase: z.string().optional() })
    .optional(),
});

/** The changes that a .clangd file makes to a command. */
export interface ClangdFile {
  readonly add: readonly string[];
  /** Flags, or their beginning where a "*" ends them. */
  readonly remove: readonly string[];
  /** The directory of compile_commands.json, where it names one. */
  readonly database: string | undefined;
}

/**
 * Reads a .clangd file: for a source, of the fragments that are about it.
 * @param file the source's path from the file's directory on.
 * @throws Error where it is none, with what is wrong.
 */
export function parseClangdFile(text: string, file: string): ClangdFile {
  const add: string[] = [];
  const remove: string[] = [];
  let database: string | undefined;
  for (const document of parseAllDocuments(text, { maxAliasCount: 0 } as never)) {
    const [wrong] = document.errors;
    if (wrong !== undefined) throw new Error(wrong.message.split('\n', 1)[0]);
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    const { If: when, CompileFlags: flags } = FRAGMENT.parse(value ?? {});
    const matches = (pattern: string) => expression(pattern).test(file.slice(0, 500));
    if (when !== undefined && when.PathMatch.length > 0 && !when.PathMatch.some(matches)) continue;
    if (when?.PathExclude.some(matches) === true) continue;
    add.push(...(flags?.Add ?? []));
    remove.push(...(flags?.Remove ?? []));
    database = flags?.CompilationDatabase ?? database;
  }
  return { add, remove, database };
}

/** The whole path has to match. One that could take long is none: it is of the project, and it runs here. */
function expression(pattern: string): RegExp {
  const repeats = pattern.match(/[*+{]/g)?.length ?? 0;
  if (pattern.length > 200 || repeats > 3 || /\)[*+?{]|\\\d/.test(pattern)) {
    throw new Error(`the pattern ${JSON.stringify(pattern.slice(0, 200))} is too complex`);
  }
  return new RegExp(`^(?:${pattern})$`);
}

/** Words of a command without what a .clangd file removes. */
export const without = (words: readonly string[], remove: readonly string[]): string[] =>
  words.filter(
    (word) =>
      !remove.some((one) =>
        one.endsWith('*')
          ? word.startsWith(one.slice(0, -1))
          : word === one || (/^-[DUI]\w*$/.test(one) && one.length === 2 && word.startsWith(one)),
      ),
  );
