import type { BpfSource } from '../bypass/build.ts';
import { withoutComments } from './definitions.ts';

/** A map that is defined elsewhere, whose type is named or written out. */
const EXTERN_MAP =
  /\bextern\s+struct\s*(?:\w{1,200}\s*)?(?:\{[^{}]{0,4000}\}\s*)?\b(\w{1,200})\s+SEC\("\.maps"\)/g;
/** A variable or a function: of the kernel's own, `__ksym` and `__kconfig`, other sources know nothing. */
const EXTERN =
  /^[ \t]*extern\s[^;{}"]{0,400}?\b(\w{1,200})\s*(?:\([^;{}]{0,400}\)|(?:\[\w{0,40}\])?)\s*;/gm;
/** A function needs no `extern`: its prototype stands in a header that both include. */
const PROTOTYPE =
  /^(?!typedef\b|static\b|extern\b|return\b|else\b)[A-Za-z_][\w \t*]{0,200}?\b(\w{1,200})\s*\([^;{}()]{0,400}\)\s*;/gm;
/** Said of what the kernel has, in place of a definition. */
const OF_THE_KERNEL = /\b__(?:ksym|kconfig)\b/;

/** Where a text declares the maps that it leaves to another source: lines from 0, by their names. */
export function externMaps(text: string): ReadonlyMap<string, number> {
  const plain = withoutComments(text);
  return new Map(
    Array.from(plain.matchAll(EXTERN_MAP), ({ index, 0: whole, 1: name = '' }) => {
      const before = plain.slice(0, index + whole.lastIndexOf(name, whole.lastIndexOf('SEC')));
      return [name, before.split('\n').length - 1];
    }),
  );
}

/** The names of functions, variables and maps that files of a source declare, and none of them defines. */
function undefinedNames(files: BpfSource['files']): string[] {
  const texts = Array.from(files.values(), (content) =>
    withoutComments(Buffer.from(content).toString()),
  );
  const declared = texts.flatMap((text) => [
    ...externMaps(text).keys(),
    ...[EXTERN, PROTOTYPE].flatMap((pattern) =>
      Array.from(text.matchAll(pattern), ({ 0: whole, 1: name = '' }) =>
        OF_THE_KERNEL.test(whole) ? [] : [name],
      ).flat(),
    ),
  ]);
  return Array.from(new Set(declared)).filter((name) => !texts.some((text) => defines(text, name)));
}

/** Whether a text defines a function, a variable or a map of this name that other sources can name. */
function defines(text: string, name: string): boolean {
  const maps = text.match(new RegExp(`\\b${name}\\s+SEC\\("\\.maps"\\)`, 'g'))?.length ?? 0;
  if (maps > 1 || (maps === 1 && !externMaps(text).has(name))) return true;
  const variable = `^(?!extern\\b|static\\b|typedef\\b|return\\b|[ \\t])[\\w \\t*]{1,200}\\b${name}\\s*(?:\\[\\w{0,40}\\]\\s*)?(?:SEC\\("[^"\\n]{1,80}"\\)\\s*)?[=;]`;
  const body = `^(?!extern\\b|static\\b)[\\w \\t*]{1,200}\\b${name}\\s*\\([^;{}]{0,400}\\)\\s*\\{`;
  return [variable, body].some((pattern) => new RegExp(pattern, 'm').test(text));
}

/**
 * Those of other sources that define what a source leaves open: to be linked with it.
 * @param others their texts by their paths in the folder.
 */
export function definedIn(
  { files }: Pick<BpfSource, 'files'>,
  others: BpfSource['files'],
): { file: string; names: string[] }[] {
  const names = undefinedNames(files).slice(0, MOST_NAMES);
  const left = new Set(names);
  return Array.from(others).flatMap(([file, content]) => {
    if (files.has(file)) return [];
    const text = withoutComments(Buffer.from(content).toString());
    // Two files that define one name exclude each other: the first is as good as any.
    const found = Array.from(left).filter((name) => text.includes(name) && defines(text, name));
    for (const name of found) left.delete(name);
    return found.length === 0 ? [] : [{ file, names: found }];
  });
}

/** Each is looked for in each file. */
const MOST_NAMES = 100;
