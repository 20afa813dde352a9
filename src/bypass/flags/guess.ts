import { escape } from 'minimatch';
import path from 'node:path';
import type { ReadFile } from '../source.ts';
import { acceptFlags, NO_FLAGS, type AcceptedFlags } from './accepted.ts';
import { directoriesAbove } from './configuration.ts';
import type { MakeValues } from './expand.ts';
import { nearestFirst, type FindFiles } from './files.ts';
import { goGenerateFlags } from './goGenerate.ts';
import { headerDirectories } from './headers.ts';
import { makefileFlags, readMakefile, type MakefilePlace, type ReadText } from './makefile.ts';

/** Flags that a project has been read to mean; never applied before a person says so. */
export interface Guess extends AcceptedFlags {
  /** The file that says so, relative to the folder; undefined where headers were searched for alone. */
  readonly from: string | undefined;
  /** Whether it is for this source alone. */
  readonly isOwn: boolean;
  /** Directories where headers that were missing have been found. */
  readonly headers: readonly string[];
  /** As they are written into the setting. */
  readonly words: readonly string[];
}

/** The input of a guess, beside what is above the source. */
export interface Clues {
  readonly find: FindFiles;
  /** Headers that the compiler did not find. */
  readonly missing: readonly string[];
  /** `uname -m` of the host that it is for: what depends on it is left out where no host was asked. */
  readonly architecture?: string | undefined;
}

/** The sources that a guess is right for: those below the makefile, or below what has its headers too, or it alone. */
export function patternOf(
  { from, isOwn, headers }: Pick<Guess, 'from' | 'isOwn' | 'headers'>,
  entry: string,
): string {
  if (isOwn) return escape(entry);
  const directory =
    from === undefined
      ? (directoriesAbove(entry).find((one) => headers.every((header) => isBelow(header, one))) ??
        '')
      : path.posix.dirname(from);
  const sources = entry.endsWith('.bpf.c') ? '**/*.bpf.c' : '**/*.c';
  return ['.', ''].includes(directory) ? sources : `${escape(directory)}/${sources}`;
}

const isBelow = (file: string, directory: string): boolean =>
  directory === '' || file === directory || file.startsWith(`${directory}/`);

const MAKEFILES = ['Makefile', 'makefile', 'GNUmakefile', 'Kbuild'];
/** Larger ones are none that a person wrote. */
const LARGEST = 512 * 1024;
/** Each source has it, as its host names it. */
const USUAL = /^\/usr\/include(?:\/[\w-]+-linux-gnu)?\/?$/;
/** The nearest: in the repositories that were tried the line was in one of the first 421. */
const MOST_GO_FILES = 500;
/** Names of files that protoc and bpf2go write. */
const MADE = /(?:\.pb|_bpfe[bl])\.go$/;
const AT_ONCE = 32;

/**
 * Flags for a source: those of the line `//go:generate … bpf2go` that names it, or of a makefile beside or above it with what that
 * includes, and directories for headers that these do not lead to. Nothing is run: what a makefile computes is left out.
 * @param used what it is compiled with anyway: none of it is guessed again, and nothing that contradicts it.
 */
export async function guessFlags(
  entry: string,
  root: string,
  read: ReadFile,
  { find, missing, architecture }: Clues,
  used: AcceptedFlags = NO_FLAGS,
): Promise<Guess | undefined> {
  const text: ReadText = async (file) => {
    const found = await read(file);
    return found instanceof Uint8Array && found.length <= LARGEST
      ? Buffer.from(found).toString()
      : undefined;
  };
  const accept: Accept = (from, directory, found, isOwn) => {
    const accepted = acceptFlags(found, { root, directory, from });
    const { include, flags } = accepted;
    return {
      ...accepted,
      from,
      isOwn,
      include: include.filter((one) => !USUAL.test(one)),
      flags: flags.filter((one) => decides(one) !== undefined),
    };
  };
  const said =
    (await ofGoGenerate(entry, { root, architecture }, text, find, accept)) ??
    (await ofMakefile(entry, { root, architecture }, text, accept));
  const further = said && beyond(said, used);
  const base =
    said !== undefined && further !== undefined && !isNothing(further)
      ? { ...said, ...further }
      : { ...NO_FLAGS, from: undefined, isOwn: false };
  const searched = [...used.include, ...base.include];
  const headers = await headerDirectories(
    { missing, include: searched, architecture, find },
    entry,
    read,
  );
  const all = [...base.include, ...headers];
  const words = [
    ...all.flatMap((one) => ['-I', one]),
    ...base.preincluded.flatMap((one) => ['-include', one]),
    ...base.flags,
  ];
  return words.length === 0 ? undefined : { ...base, include: all, headers, words };
}

/** The matter that a flag decides: another flag for it contradicts it; undefined where a guess goes without it. */
const decides = (flag: string): string | undefined =>
  /^-[DU](\w+)/.exec(flag)?.[1] ?? /^-(?:mcpu|std)(?==)/.exec(flag)?.[0];

function beyond(said: AcceptedFlags, used: AcceptedFlags): AcceptedFlags {
  const decided = new Set(used.flags.map(decides));
  return {
    ...said,
    include: said.include.filter((one) => !used.include.includes(one)),
    preincluded: said.preincluded.filter((one) => !used.preincluded.includes(one)),
    flags: said.flags.filter((one) => !decided.has(decides(one))),
  };
}

const isNothing = ({ include, preincluded, flags }: AcceptedFlags): boolean =>
  include.length + preincluded.length + flags.length === 0;

type Project = Omit<MakefilePlace, 'directory'>;
type Accept = (
  from: string,
  directory: string,
  found: readonly string[],
  isOwn: boolean,
) => AcceptedFlags & { readonly from: string; readonly isOwn: boolean };

/** Flags of the nearest makefile that has any. */
async function ofMakefile(
  entry: string,
  project: Project,
  text: ReadText,
  accept: Accept,
): Promise<ReturnType<Accept> | undefined> {
  for (const directory of directoriesAbove(entry)) {
    for (const name of MAKEFILES) {
      const file = path.posix.join(directory, name);
      const content = await text(file);
      if (content === undefined) continue;
      const makefile = await readMakefile(content, { ...project, directory }, text);
      const found = makefileFlags(makefile, entry);
      const isOwn = found.join('\0') !== makefileFlags(makefile, '').join('\0');
      const known = accept(file, directory, found, isOwn);
      if (!isNothing(known)) return known;
    }
  }
  return undefined;
}

/** Several at once, for they are many; in their order. */
async function* textsOf(
  files: readonly string[],
  text: ReadText,
): AsyncGenerator<readonly [string, string]> {
  for (let at = 0; at < files.length; at += AT_ONCE) {
    yield* await Promise.all(
      files.slice(at, at + AT_ONCE).map(async (file) => [file, (await text(file)) ?? ''] as const),
    );
  }
}

/** Flags of the bpf2go line that names the source, in whatever Go file of the folder: the nearest first. */
async function ofGoGenerate(
  entry: string,
  project: Project,
  text: ReadText,
  find: FindFiles,
  accept: Accept,
): Promise<ReturnType<Accept> | undefined> {
  const name = path.posix.basename(entry);
  const files = nearestFirst(await find((file) => file.endsWith('.go') && !MADE.test(file)), entry);
  let exported: MakeValues | undefined;
  const contents = textsOf(files.slice(0, MOST_GO_FILES), text);
  for await (const [file, content] of contents) {
    if (!content.includes('//go:generate') || !content.includes(name)) continue;
    const directory = path.posix.dirname(file);
    // `go generate` is mostly run by the makefile of the whole project.
    exported ??= await readMakefile(
      (await text('Makefile')) ?? '',
      { ...project, directory: '' },
      text,
    );
    const here = path.posix.join(project.root, directory);
    const source = path.posix.join(project.root, entry);
    const found = goGenerateFlags(content, source, here, exported);
    if (found !== undefined) return accept(file, directory, found, true);
  }
  return undefined;
}
