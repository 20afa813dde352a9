import type { BpfSource } from '../bypass/build.ts';
import { explainCompiler, explainMacro } from './catalogue.ts';
import { ASSEMBLY, type ClangMessage } from './clang.ts';
import { crashPlace } from './crash.ts';
import { explained, type Finding, type Related } from './finding.ts';
import { linesOf } from './text.ts';
import { MOST_RELATED } from './trail.ts';
import type { Place } from './sourcePlaces.ts';

/**
 * Puts clang's messages at lines of the source: an error in a header of the host at the include that led there,
 * once, and what it gives up with while it makes code at the function.
 */
export function clangFindings(
  messages: readonly ClangMessage[],
  defined: ReadonlyMap<string, Place>,
  source: BpfSource,
): Finding[] {
  const found: Finding[] = [];
  const headers = new Map<string, number>();
  const followers = new Set<string>();
  for (const said of messages) {
    const one = ofClang(said, defined, source);
    if (followers.has(UNDECLARED.exec(said.message)?.[1] ?? '')) continue;
    // Names that an unknown macro was to declare are not known either.
    if (one.explanation === 'too-old' && !said.message.includes("'"))
      for (const word of lineOf(said, source).match(/\b[A-Za-z_]\w*/g) ?? []) followers.add(word);
    const at = isElsewhere(said)
      ? `${one.severity} ${one.place.file}:${one.place.line}`
      : undefined;
    const index = at === undefined ? undefined : headers.get(at);
    if (at !== undefined && index === undefined) headers.set(at, found.length);
    const first = index === undefined ? undefined : found[index];
    if (index === undefined || first === undefined) found.push(one);
    else found[index] = joined(first, one);
  }
  return found;
}

/** The first known one explains all that follows in the same header. */
function joined(first: Finding, next: Finding): Finding {
  const related = [...first.related, ...next.related].slice(0, MOST_RELATED);
  if (first.explanation !== undefined || next.explanation === undefined)
    return { ...first, related };
  const { explanation, why, fix } = next;
  const message = [first.message, why, fix].filter((one) => one !== undefined).join('\n');
  return { ...first, message, explanation, why, fix, related };
}

const UNDECLARED = /^use of undeclared identifier '(\w{1,200})'/;

const isElsewhere = ({ file, includedAt }: ClangMessage): boolean =>
  file.startsWith('/') && includedAt !== undefined;

const lineOf = ({ file, line }: ClangMessage, { files }: BpfSource): string =>
  linesOf(files.get(file))[line - 1] ?? '';

function ofClang(
  said: ClangMessage,
  defined: ReadonlyMap<string, Place>,
  source: BpfSource,
): Finding {
  const { file, line, message, severity, includedAt } = said;
  const notes = said.notes.filter((note) => note.file !== ASSEMBLY);
  const isAssembly = file === ASSEMBLY || notes.length < said.notes.length;
  const isInHeader = isElsewhere(said);
  const isOfKernel = isInHeader || notes.some((note) => /(?:^|\/)vmlinux\.h$/.test(note.file));
  // The message alone does not say where it is.
  const where = isAssembly ? 'inline assembly: ' : isOfKernel ? 'beside a header: ' : '';
  const known =
    severity === 'error'
      ? (explainCompiler(`${where}${message}`) ?? explainMacro(said, source))
      : undefined;
  const words = isInHeader ? `${file}:${line}: ${message}` : message;
  const place =
    line === 0 ? (crashPlace(said, source) ?? defined.get(said.in ?? '')) : assembly(said, source);
  return {
    place:
      place ??
      placeOfClang(isInHeader ? { ...said, ...includedAt, column: 1, endColumn: 1000 } : said),
    severity: severity === 'error' ? 'error' : 'warning',
    from: 'clang',
    message: explained(words, known),
    explanation: known?.id,
    why: known?.why,
    fix: known?.fix,
    program: undefined,
    related: [
      ...(isInHeader ? [{ place: placeOfClang(said), message }] : []),
      ...notes.map((note): Related => ({ place: placeOfClang(note), message: note.message })),
    ],
  };
}

/** clang knows no place of inline assembly outside of functions. */
function assembly({ file }: ClangMessage, { entry, files }: BpfSource): Place | undefined {
  if (file !== ASSEMBLY) return undefined;
  for (const one of new Set([entry, ...files.keys()])) {
    const line = linesOf(files.get(one)).findIndex((text) => /^(?:__)?asm(?:__)?\b/.test(text));
    if (line >= 0) return { file: one, line, column: 0, endColumn: 1000 };
  }
  return { file: entry, line: 0, column: 0, endColumn: 0 };
}

const placeOfClang = ({ file, line, column, endColumn }: ClangMessage): Place => ({
  file,
  line: Math.max(0, line - 1),
  column: Math.max(0, column - 1),
  endColumn: endColumn === undefined ? column - 1 : endColumn - 1,
});
