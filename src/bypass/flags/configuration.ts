import * as l10n from '@vscode/l10n';
import path from 'node:path';
import * as z from 'zod';
import type { ReadFile } from '../source.ts';
import { acceptFlags, NO_FLAGS, type AcceptedFlags, type CommandPlace } from './accepted.ts';
import { parseClangdFile, without, type ClangdFile } from './clangdFile.ts';
import { splitWords } from './words.ts';

const DATABASE = 'compile_commands.json';
const CLANGD = '.clangd';

const COMMANDS = z.array(
  z.object({
    directory: z.string(),
    file: z.string(),
    command: z.string().optional(),
    arguments: z.array(z.string()).optional(),
  }),
);

type Command = z.infer<typeof COMMANDS>[number];

/** How a source is compiled, as its project and a person say. */
export interface Configuration extends AcceptedFlags {
  /** The compile_commands.json that has its command, relative to the folder. */
  readonly database: string | undefined;
}

/** Words of a command for a source of which no compile_commands.json has one. */
export interface Fallback {
  readonly words: readonly string[];
  /** The file that says so, for remarks. */
  readonly from: string;
}

/**
 * The flags of a source: those of its command in compile_commands.json (in its directory, one above, or in `build` of these), else
 * of a person, either changed by .clangd files as clangd does. What is wrong with these files is a remark: the source is compiled
 * without.
 * @param entry the source's path in the folder.
 * @param root the folder, absolute on this machine, with "/".
 */
export async function projectFlags(
  entry: string,
  root: string,
  read: ReadFile,
  fallback: Fallback = { words: [], from: '' },
): Promise<Configuration> {
  const remarks: string[] = [];
  const text = async (file: string): Promise<string | undefined> => {
    const found = await read(file);
    if (found === undefined) return undefined;
    if (!('wrong' in found)) return Buffer.from(found).toString();
    remarks.push(`${file} ${found.wrong}`);
    return undefined;
  };
  const above = directoriesAbove(entry);
  const changes: { file: string; directory: string; clangd: ClangdFile }[] = [];
  for (const directory of above) {
    const file = path.posix.join(directory, CLANGD);
    const content = await text(file);
    if (content === undefined) continue;
    try {
      const clangd = parseClangdFile(content, path.posix.relative(directory, entry));
      changes.push({ file, directory, clangd });
    } catch (error) {
      remarks.push(`${file}: ${l10n.t('cannot be read: {0}', firstLine(error))}`);
    }
  }
  const named = changes.flatMap(({ directory, clangd: { database } }) =>
    database === undefined ? [] : [path.posix.join(directory, database)],
  );
  const places = [...named, ...above.flatMap((one) => [one, path.posix.join(one, 'build')])];
  let { words } = fallback;
  let place: CommandPlace = { root, directory: '', from: fallback.from };
  let database: string | undefined;
  for (const directory of places) {
    const file = path.posix.join(directory, DATABASE);
    if (file.startsWith('../')) continue;
    const content = await text(file);
    if (content === undefined) continue;
    const command = commandOf(content, path.posix.join(root, entry), root, directory);
    if (command === 'unreadable') remarks.push(`${file}: ${l10n.t('is not as expected.')}`);
    else if (command !== undefined) {
      words = wordsOf(command);
      place = { root, directory: command.directory, from: file };
      database = file;
      break;
    }
  }
  const removed = changes.flatMap(({ clangd: { remove } }) => remove);
  const all = [acceptFlags(without(words, removed), place)];
  // The nearest comes last: of contradicting flags the last one counts.
  for (const { file, directory, clangd } of changes.toReversed()) {
    all.push(acceptFlags(clangd.add, { root, directory, from: file }));
  }
  const added = joined(...all);
  return { ...added, remarks: [...remarks, ...added.remarks], database };
}

/** Flags after each other. */
const joined = (...all: readonly AcceptedFlags[]): AcceptedFlags =>
  all.reduce(
    (before, one) => ({
      include: [...before.include, ...one.include],
      preincluded: [...before.preincluded, ...one.preincluded],
      flags: [...before.flags, ...one.flags],
      remarks: [...before.remarks, ...one.remarks],
    }),
    NO_FLAGS,
  );

/** The source's directory and those above it, up to the folder: "". */
export function directoriesAbove(entry: string): string[] {
  const directory = path.posix.dirname(entry);
  return directory === '.' ? [''] : [directory, ...directoriesAbove(directory)];
}

/** A command without the compiler and the source. */
function wordsOf({ arguments: words, command = '', file }: Command): string[] {
  const all = words ?? splitWords(command) ?? [];
  const start = all.findIndex((word) => word.startsWith('-'));
  return start < 0 ? [] : all.slice(start).filter((word) => word !== file);
}

function commandOf(
  text: string,
  file: string,
  root: string,
  near: string,
): Command | 'unreadable' | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'unreadable';
  }
  const { data } = COMMANDS.safeParse(value);
  if (data === undefined) return 'unreadable';
  const found = data.find((one) => {
    const base = path.posix.resolve(root, near, one.directory.replaceAll('\\', '/'));
    return path.posix.resolve(base, one.file.replaceAll('\\', '/')) === file;
  });
  if (found === undefined) return undefined;
  return { ...found, directory: path.posix.resolve(root, near, found.directory) };
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
