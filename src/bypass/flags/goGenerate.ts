import path from 'node:path';
import { expand, UNKNOWN, type MakeValues } from './expand.ts';
import { splitWords } from './words.ts';

/**
 * Flags of `//go:generate go run …/bpf2go -cflags "…" name source.c -- …` for a source, with the one that bpf2go adds.
 * @param source absolute.
 * @param here the Go file's directory, absolute.
 * @param environment what a makefile exports to `go generate`.
 * @returns undefined where no line names the source.
 */
export function goGenerateFlags(
  text: string,
  source: string,
  here: string,
  environment: MakeValues,
): string[] | undefined {
  for (const [, command = ''] of text.matchAll(/^\/\/go:generate\s+(.{1,4000})$/gm)) {
    const written = splitWords(command) ?? [];
    const words = written.map((word) => exported(word, environment));
    if (!written.some(isBpf2go) || !words.some((word) => path.posix.resolve(here, word) === source))
      continue;
    const end = words.indexOf('--');
    // The last one counts of an option that is given twice.
    const option = words.findLastIndex((one) => /^--?cflags$/.test(one));
    const given = option < 0 ? '' : (words[option + 1] ?? '');
    const own = [...(splitWords(given) ?? []), ...(end < 0 ? [] : words.slice(end + 1))];
    return ['-mcpu=v1', ...own.filter((word) => !word.includes(UNKNOWN))];
  }
  return undefined;
}

/** By its name, its package, or the variable that a project has it in. */
const isBpf2go = (word: string): boolean => /(?:^|\/|^\$\{?)bpf2go(?:@[\w.-]+)?\}?$/i.test(word);

/** A word of the line with the environment's variables, as `go generate` has it. */
const exported = (word: string, environment: MakeValues): string =>
  word.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, long?: string, short?: string) =>
    expand(`$(${long ?? short ?? ''})`, environment),
  );
