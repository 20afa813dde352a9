import { escape } from 'minimatch';
import path from 'node:path';
import type { ReadFile } from '../source.ts';
import { acceptFlags, type AcceptedFlags } from './accepted.ts';
import { directoriesAbove } from './configuration.ts';
import { splitWords } from './words.ts';

/** Flags that a file of the project has been read to mean; never applied before a person says so. */
export interface Guess extends AcceptedFlags {
  /** The file, relative to the folder. */
  readonly from: string;
  /** As they are written into the setting. */
  readonly words: readonly string[];
}

/** The sources that a guess is right for: those below the makefile, or the one that a line of bpf2go names. */
export function patternOf({ from }: Guess, entry: string): string {
  if (from.endsWith('.go')) return escape(entry);
  const directory = path.posix.dirname(from);
  const sources = entry.endsWith('.bpf.c') ? '**/*.bpf.c' : '**/*.c';
  return directory === '.' ? sources : `${escape(directory)}/${sources}`;
}

const MAKEFILES = ['Makefile', 'makefile', 'GNUmakefile', 'Kbuild'];
/** Larger ones are none that a person wrote. */
const LARGEST = 512 * 1024;

/**
 * Flags for a source that a makefile beside or above it names, or a line `//go:generate … bpf2go` beside it. Nothing is run: what a
 * makefile computes is left out.
 */
export async function guessFlags(
  entry: string,
  root: string,
  read: ReadFile,
  goFiles: readonly string[] = [],
): Promise<Guess | undefined> {
  const text = async (file: string): Promise<string | undefined> => {
    const found = await read(file);
    return found instanceof Uint8Array && found.length <= LARGEST
      ? Buffer.from(found).toString()
      : undefined;
  };
  const guess = (from: string, directory: string, found: readonly string[]): Guess | undefined => {
    const accepted = acceptFlags(found, { root, directory, from });
    const words = [
      ...accepted.include.flatMap((one) => ['-I', one]),
      ...accepted.preincluded.flatMap((one) => ['-include', one]),
      ...accepted.flags.filter((one) => /^-(?:[DU]|mcpu=|std=)/.test(one)),
    ];
    return words.length === 0 ? undefined : { ...accepted, words, from };
  };
  const [beside = ''] = directoriesAbove(entry);
  for (const name of goFiles) {
    const file = path.posix.join(beside, name);
    const found = goGenerateFlags((await text(file)) ?? '', path.posix.basename(entry));
    const known = guess(file, beside, found);
    if (known !== undefined) return known;
  }
  for (const directory of directoriesAbove(entry)) {
    for (const name of MAKEFILES) {
      const file = path.posix.join(directory, name);
      const known = guess(
        file,
        directory,
        makefileFlags((await text(file)) ?? '', directory, root),
      );
      if (known !== undefined) return known;
    }
  }
  return undefined;
}

/** Flags of `//go:generate go run …/bpf2go -cflags "…" name source.c -- …` for a source. */
export function goGenerateFlags(text: string, source: string): string[] {
  for (const [, command = ''] of text.matchAll(/^\/\/go:generate\s+(.{1,4000})$/gm)) {
    const words = splitWords(command) ?? [];
    const isIt = words.some((one) => /(?:^|\/)bpf2go(?:@[\w.-]+)?$/.test(one));
    if (!isIt || !words.some((one) => path.posix.normalize(one) === source)) continue;
    const end = words.indexOf('--');
    const option = words.findIndex((one) => /^--?cflags$/.test(one));
    const given = option < 0 ? '' : (words[option + 1] ?? '');
    return [...(splitWords(given) ?? []), ...(end < 0 ? [] : words.slice(end + 1))];
  }
  return [];
}

/** Assignments, by the name; of what is assigned by conditions all counts. */
function assignments(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  for (const line of lines) {
    const [, name, how, value = ''] =
      /^(?:export[ \t]+|override[ \t]+)?([\w.-]{1,80})[ \t]*(\+=|::?=|\?=|=)[ \t]*([^#]*)/.exec(
        line,
      ) ?? [];
    if (name === undefined) continue;
    const before = found.get(name);
    if (how === '+=' && before !== undefined) found.set(name, `${before} ${value}`);
    else if (how !== '?=' || before === undefined) found.set(name, value);
  }
  return found;
}

/** Flags in the lines of a makefile that are about BPF, or, where none says so, in all of them. */
export function makefileFlags(text: string, directory: string, root: string): string[] {
  const known = assignments(text);
  const here = path.posix.join(root, directory);
  const builtIn = new Map([
    ['CURDIR', here],
    ['PWD', here],
    ['top_srcdir', root],
  ]);
  const expanded = (value: string, depth: number): string =>
    value.replace(
      /\$[({]([^(){}$]{1,200})[)}]|\$\$|\$(\w)/g,
      (whole, long?: string, short?: string) => {
        const name = long ?? short ?? '';
        if (/^(?:shell pwd|abspath \.|realpath \.)$/.test(name)) return here;
        const [, inner] = /^(?:abspath|realpath|strip|addprefix -I,)[ \t]*(.*)$/.exec(name) ?? [];
        if (inner !== undefined) return name.startsWith('addprefix') ? `-I${inner}` : inner;
        const value = known.get(name) ?? builtIn.get(name);
        // A word that is not known would make another word of what it stands in.
        if (value === undefined || depth > 8) return UNKNOWN;
        return whole === '$$' ? UNKNOWN : expanded(value, depth + 1);
      },
    );
  const lines = text.replaceAll('\\\n', ' ').split('\n').slice(0, 5000);
  const about = (pattern: RegExp) => lines.filter((line) => pattern.test(line));
  const bpf = about(
    /-target[ =]bpf|bpf.*(?:FLAGS|INCLUDE|DIR)|(?:FLAGS|INCLUDE).*bpf|\bclang\b.*bpf|CLANG.*bpf/i,
  );
  const chosen = bpf.length > 0 ? bpf : about(/(?:FLAGS|INCLUDES?)\b.*-[ID]/);
  const words = chosen.flatMap((line) => {
    const value = line.replace(/^[\w.\- \t]{1,100}(?:\+=|::?=|\?=|=)/, '').slice(0, 4000);
    const text = expanded(expanded(value, 0), 0).slice(0, 20_000);
    return (splitWords(text.replace(/[;|<>&]/g, ' ')) ?? []).filter(
      (word) => !word.includes(UNKNOWN),
    );
  });
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const takesNext = /^-(?:I|D|U|isystem|iquote|idirafter|include)$/.test(word);
    const next = words[at + 1];
    const flag = takesNext ? [word, next ?? ''] : [word];
    if (takesNext && (next === undefined || next.startsWith('-'))) continue;
    if (takesNext) at++;
    const isFlag = takesNext || /^-(?:[IDU].|mcpu=|std=)/.test(word);
    if (isFlag && !kept.join('\0').includes(flag.join('\0'))) kept.push(...flag);
  }
  return kept;
}

/** Stands for what a makefile computes. */
const UNKNOWN = '\u{fffd}';
