import path from 'node:path';
import type { BpfSource } from '../bypass/build.ts';
import { programLines } from './definitions.ts';
import { externMaps } from './externs.ts';
import type { Step } from './log.ts';
import type { SourceLine } from './objectProgram.ts';
import { editorColumn, linesOf } from './text.ts';

/** A place in the source. Lines and columns from 0, as editors count them; the end is exclusive. */
export interface Place {
  /** As in the source: the path it was uploaded by. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** The lines with the names of programs: the first instruction of one may come from anywhere. */
export function definitions({ entry, files }: BpfSource): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  for (const file of new Set([entry, ...files.keys()])) {
    const text = linesOf(files.get(file));
    for (const [name, line] of programLines(text.join('\n'))) {
      if (!found.has(name)) found.set(name, placeIn(file, line + 1, 0, text[line] ?? ''));
    }
  }
  return found;
}

/**
 * Where the map or the extern is declared that libbpf names, in any file of the source: the entry first. The
 * names of others are taken too, but those of programs.
 */
export function declaration({ entry, files }: BpfSource, words: string): Place | undefined {
  const [, refused = entry] = /failed to link '([^'\n]{1,200})'/.exec(words) ?? [];
  const texts = Array.from(new Set([refused, entry, ...files.keys()]), (file) => ({
    file,
    lines: linesOf(files.get(file)),
  }));
  const at = (file: string, lines: readonly string[], line: number): Place =>
    placeIn(file, line + 1, 0, lines[line] ?? '');
  for (const pattern of declarations(words)) {
    for (const { file, lines } of texts) {
      const line = lines.findIndex((text) => pattern.test(text));
      if (line >= 0) return at(file, lines, line);
    }
  }
  // For a map that is defined elsewhere, libbpf names the section alone.
  if (!words.includes("unrecognized extern section '.maps'")) return undefined;
  for (const { file, lines } of texts) {
    const [line] = externMaps(lines.join('\n')).values();
    if (line !== undefined) return at(file, lines, line);
  }
  return undefined;
}

/** Patterns for the line of the declaration, for each name that libbpf's words have. */
function declarations(words: string): RegExp[] {
  const maps = words.matchAll(
    /^(?:libbpf: )?(?:elf: )?(?:map|legacy map) '(\w{1,64})(?:\.inner)?'/gm,
  );
  const externs = words.matchAll(/\bextern (?:\([\w ]+\) )?'(\w{1,128})'/g);
  const linked = words.matchAll(/\b(?:symbol #\d+ \(|global ')(\w{1,128})[')]/g);
  return [
    ...Array.from(maps, ([, name = '']) => mapDeclaration(name)),
    // A function needs no `extern`.
    ...Array.from(linked, ([, name = '']) => [
      new RegExp(`^(?:${ATTRIBUTE})*[A-Za-z_][\\w *]*\\b${name}\\s*[=;([]`),
      mapDeclaration(name),
    ]).flat(),
    ...Array.from(externs, ([, name = '']) => [
      new RegExp(`\\bextern\\b.*\\b${name}\\b`),
      new RegExp(`^[A-Za-z_][\\w *]*\\b${name}\\s*\\(`),
    ]).flat(),
    ...Array.from(
      words.matchAll(/skipping unrecognized data section\(\d+\) ([\w.?/]{1,80})$/gm),
      ([, name = '']) => new RegExp(`SEC\\("${name.replace(/[.?]/g, '\\$&')}"\\)`),
    ),
    ...Array.from(
      words.matchAll(/^(?:libbpf: )?struct_ops (?:init\w* (\w{1,64})|reloc (\w{1,64})):/gm),
      ([, made, named = made ?? '']) => new RegExp(`\\b${named}\\s*=`),
    ),
    ...Array.from(
      words.matchAll(/struct_ops init_kern: struct (\w{1,64}) is not found/g),
      ([, type = '']) => new RegExp(`\\bstruct\\s+${type}\\s+\\w+\\s*=`),
    ),
    ...(words.includes("contents of section 'license'") ? [/SEC\("license"\)/] : []),
    ...(words.includes("sec '.rodata': failed to determine size")
      ? [/\bconst\s+char\s+\w+\s*\[/]
      : []),
    ...(LEGACY.test(words) ? [/SEC\("maps"\)|section\("maps"\)/] : []),
  ];
}

const ATTRIBUTE = '__attribute__\\s*\\(\\(.{0,100}?\\)\\)\\s*';

const LEGACY = /legacy map definition|SEC\("maps"\)/;

/** Today's form, and that of old libbpf: `struct bpf_map_def SEC("maps") name = {`. */
const mapDeclaration = (name: string): RegExp =>
  new RegExp(`\\b${name}\\s+SEC\\("\\.?maps"\\)|SEC\\("maps"\\)\\s*${name}\\b`);

/** Where a map is declared, by its name. */
export const mapPlace = (source: BpfSource, name: string): Place | undefined =>
  declaration(source, `map '${name}'`);

const basename = (path: string): string => path.replace(/^.*\//, '');

/** The workbench has clang write files by the path they were uploaded by, below ".". */
export function placeOf(line: SourceLine | undefined): Place | undefined {
  if (line === undefined || line.line === 0) return undefined;
  const file = path.posix.normalize(line.file);
  const column = line.column === 0 ? 0 : editorColumn(line.text, line.column - 1) + 1;
  return placeIn(file, line.line, column, line.text);
}

/** The log names the file without its directories. */
export function placeInLog(step: Step | undefined, file: string): Place | undefined {
  const { source } = step ?? {};
  if (source?.line === undefined || source.line === 0) return undefined;
  const named = source.file === undefined || source.file === basename(file) ? file : source.file;
  return placeIn(named, source.line, 0, source.text);
}

/** From the operand that the column belongs to, to the end of the statement. */
function placeIn(file: string, line: number, column: number, text: string): Place {
  const first = column > 0 ? operandStart(text, column - 1) : Math.max(0, text.search(/\S/));
  const comment = text.search(/\/[/*]/);
  const code = (comment < 0 ? text : text.slice(0, comment)).trimEnd();
  const end = code.replace(/[;{]$/, '').trimEnd().length;
  return { file, line: line - 1, column: first, endColumn: Math.max(end, first + 1) };
}

/** Characters: an operand is looked for from each of them. */
const LONGEST_OPERAND = 200;

/** The compiler gives `value->count += 1` the column of its operator, and `sk->family` that of its field. */
function operandStart(text: string, column: number): number {
  const start = Math.max(0, column - LONGEST_OPERAND);
  const before = text.slice(start, column);
  const isInside = /(?:->|\.)$/.test(before) || !/[\w"'(!~]/.test(text[column] ?? '(');
  const operand = /[*&]*\w+(?:(?:->|\.)\w+|\[[^\]]*\])*(?:->|\.)?\s*$/.exec(before);
  return isInside && operand !== null ? start + operand.index : column;
}
