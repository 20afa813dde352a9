import type { BpfSource } from '../bypass/build.ts';
import type { ClangMessage } from './clang.ts';
import type { Place } from './sourcePlaces.ts';
import { linesOf } from './text.ts';

/** Builtins that clang 14 crashes over where it makes code for BPF. */
const BUILTIN = /\b__builtin_(?:c[lt]z|ffs|frame_address|return_address)\w*/;
/** A jump in inline assembly, to a name or to a number of its own (`1f`): one that is nowhere crashes it, too. */
const JUMP = /"[^"]*\bgoto[ \t]+(?!\+|-)(\w{1,100})/;

/**
 * Where in the source a crash of the compiler's code generator comes from, by what it is known to crash over.
 * Undefined where nothing of that kind is there.
 */
export function crashPlace(
  { message, in: name }: Pick<ClangMessage, 'message' | 'in'>,
  { entry, files }: BpfSource,
): Place | undefined {
  if (!message.startsWith('clang crashed: ')) return undefined;
  const texts = Array.from(new Set([entry, ...files.keys()]), (file): Text => ({
    file,
    lines: linesOf(files.get(file)),
  })).filter(({ file }) => !file.endsWith('vmlinux.h'));
  // It knows the function when it chooses instructions, and no more when it writes them.
  const isSuspect = name === undefined ? leadsNowhere(texts) : (line: string) => BUILTIN.test(line);
  const own = name === undefined ? undefined : bodyOf(name, texts);
  for (const { file, lines, from = 0 } of own === undefined ? texts : [own, ...texts]) {
    const line = lines.findIndex(isSuspect);
    if (line < 0) continue;
    const text = lines[line] ?? '';
    return { file, line: from + line, column: text.search(/\S/), endColumn: text.trimEnd().length };
  }
  return undefined;
}

interface Text {
  readonly file: string;
  readonly lines: readonly string[];
  /** The line of the file that the first one is, from 0. */
  readonly from?: number;
}

/** The lines of a function, up to the bracket at the start of a line. */
function bodyOf(name: string, texts: readonly Text[]): Text | undefined {
  const definition = new RegExp(`^[A-Za-z_].*\\b${name}\\b[^;]*$`);
  for (const { file, lines } of texts) {
    const from = lines.findIndex((line) => definition.test(line));
    if (from < 0) continue;
    const end = lines.findIndex((line, index) => index > from && line.startsWith('}'));
    return { file, lines: lines.slice(from, end < 0 ? undefined : end), from };
  }
  return undefined;
}

const leadsNowhere =
  (texts: readonly Text[]) =>
  (line: string): boolean => {
    const to = JUMP.exec(line)?.[1];
    if (to === undefined) return false;
    const label = new RegExp(`\\b${/^\d+[bf]$/.test(to) ? to.slice(0, -1) : to}(?:%=)?:`);
    return !texts.some(({ lines }) => lines.some((one) => one.includes('"') && label.test(one)));
  };
