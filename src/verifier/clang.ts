import path from 'node:path';
import type { BpfSource } from '../bypass/build.ts';
import { GENERATOR_CRASH } from '../bypass/compilerLimits.ts';
import { editorColumn, linesOf } from './text.ts';

/** One line of the compiler. Lines and columns from 1; columns as editors count them. */
export interface ClangMessage {
  /** Without the `..` of an include. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where what it is about ends, on the same line; exclusive. */
  readonly endColumn: number | undefined;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  /** The line of the source that includes the host's header it is in, or what leads to that. */
  readonly includedAt?: { readonly file: string; readonly line: number };
  /** The function whose code could not be made, where there is no line (0). */
  readonly in?: string | undefined;
  readonly notes: readonly ClangMessage[];
}

/** clang's words about a type that another kernel's vmlinux.h defines differently. */
const LACKS_TYPE = /incomplete definition of type|no member named|redefinition of '/;
/** Words about a source that lacks the directories or macros it is compiled with; by clangd as well. */
export const LACKS_FLAGS = new RegExp(
  `file not found|use of undeclared identifier|unknown type name|call to undeclared function|implicit declaration of function|${LACKS_TYPE.source}`,
  'i',
);

/** Errors where a vmlinux.h of the project's may differ from that of the host's kernel. */
const OF_TYPES = new RegExp(
  `${LACKS_TYPE.source}|use of undeclared identifier|unknown type name|redefinition with different types`,
);

/** The headers that were not found, as they are included, by such words; a vmlinux.h of the project's for its types. */
export const missingHeaders = (messages: readonly string[]): string[] =>
  messages.flatMap((one) =>
    OF_TYPES.test(one) ? 'vmlinux.h' : (/'([^'\n]{1,200})' file not found/.exec(one)?.[1] ?? []),
  );

const INCLUDED = /^(?:In file included|\s+) from ([^:]+):(\d{1,7})[:,]$/;

/** Numbers are bounded, so that they are finite. */
const LINE =
  /^(?<file>[^:]+):(?<line>\d{1,7}):(?<column>\d{1,7}):(?<ranges>(?:\{[\d:-]+\})*):? (?<kind>fatal error|error|warning|note): (?<message>.*)$/;

/**
 * Reads clang's words with `-fno-caret-diagnostics -fdiagnostics-print-source-range-info`.
 * @param entry the file that was compiled: the code generator names a line of it alone.
 * @param files those that were compiled: clang counts bytes where editors count characters.
 */
export function parseClang(text: string, files: BpfSource['files'], entry = ''): ClangMessage[] {
  const found: (ClangMessage & { notes: ClangMessage[] })[] = [];
  const texts = new Map<string, string[]>();
  let includedAt: ClangMessage['includedAt'] | undefined;
  let isInStack = false;
  for (const words of text.split('\n')) {
    const [, from, at] = INCLUDED.exec(words) ?? [];
    // Said once for all that follows in one header.
    if (from !== undefined && !isInStack) includedAt = undefined;
    isInStack = from !== undefined;
    if (from !== undefined && !from.startsWith('/')) {
      includedAt = { file: path.posix.normalize(from), line: Number(at) };
    }
    if (from !== undefined) continue;
    const { groups } = LINE.exec(words) ?? {};
    if (
      groups === undefined ||
      (groups['message'] ?? '').startsWith('could not determine the original source location')
    )
      continue;
    const file = path.posix.normalize(groups['file'] ?? '');
    const lines = texts.get(file) ?? linesOf(files.get(file));
    texts.set(file, lines);
    const [line, column] = [Number(groups['line']), Number(groups['column'])];
    const end = endColumn(groups['ranges'] ?? '', line, column);
    const there = lines[line - 1] ?? '';
    const kind = groups['kind'] ?? '';
    const message = {
      file,
      line,
      column: editorColumn(there, column - 1) + 1,
      endColumn: end === undefined ? undefined : editorColumn(there, end - 1) + 1,
      severity: kind.endsWith('error') ? 'error' : kind === 'note' ? 'note' : 'warning',
      message: withoutNodes(groups['message'] ?? ''),
      ...(file.startsWith('/') && includedAt !== undefined && { includedAt }),
      notes: [] as ClangMessage[],
    } as const;
    const last = found.at(-1);
    if (message.severity === 'note' && last !== undefined) {
      last.notes.push(message);
      if (file === ASSEMBLY) found.splice(-1, 1, inTemplate(last, message.line, texts));
    } else found.push(message);
  }
  // Where it has a message for a person, what it gives up with afterwards follows from that.
  const hasGivenUp = found.some(({ severity }) => severity === 'error');
  const all = hasGivenUp ? found : [...found, ...generatorMessages(text, entry)];
  const stack = all.find(({ message }) => DYNAMIC_STACK.test(message));
  const asks = all.find(({ message }) => ASKS_FOR_STACK.test(message));
  const told = all.filter(({ message }) => !ASKS_FOR_STACK.test(message));
  // The code generator names the function alone.
  if (stack === undefined || asks === undefined) return withoutRepetition(told);
  const { severity, message, notes } = stack;
  const placed = { ...asks, severity, message, notes };
  return withoutRepetition(told.map((one) => (one === stack ? placed : one)));
}

/** Warnings that are asked for to find what the code generator then refuses. */
const ASKS_FOR_STACK = /\[-W(?:vla|alloca)\b[\w-]*\]$/;
const DYNAMIC_STACK = /dynamic stack allocation|cannot make code for dynamic_stackalloc/i;
/** clang's name for the text of inline assembly. */
export const ASSEMBLY = '<inline asm>';

/** A line of inline assembly that the next string begins has the place of the end of the one before. */
function inTemplate<M extends ClangMessage>(
  said: M,
  line: number,
  texts: ReadonlyMap<string, readonly string[]>,
): M {
  const lines = texts.get(said.file) ?? [];
  const isAtEnd = /^(?:\\[nt]|[ \t])*"[ \t]*$/.test(
    (lines[said.line - 1] ?? '').slice(said.column - 1),
  );
  if (line < 2 || !isAtEnd) return said;
  const column = (lines[said.line] ?? '').search(/\S/) + 1;
  return { ...said, line: said.line + 1, column: Math.max(1, column), endColumn: undefined };
}

/**
 * The code generator says the same of every access to a stack that is too large, of a line in each program that has it
 * inlined, and of all that one expression needs and BPF does not have.
 */
function withoutRepetition(
  messages: readonly (ClangMessage & { notes: ClangMessage[] })[],
): ClangMessage[] {
  const found: (ClangMessage & { notes: ClangMessage[] })[] = [];
  const isCause = (one: ClangMessage, { message, file, line, severity }: ClangMessage): boolean => {
    if (one.severity !== severity || one.file !== file) return false;
    if (message.includes('BPF stack limit')) return one.message === message;
    if (message.startsWith(CALL_OF_MANY)) return one.message === DEFINED_WITH_MANY;
    return (
      one.line === line && (one.message === message || GENERATOR.test(`${one.message}\n${message}`))
    );
  };
  // The definition is what is to be changed, wherever it is said.
  const sorted = messages.toSorted(
    (a, b) =>
      Number(a.message.startsWith(CALL_OF_MANY)) - Number(b.message.startsWith(CALL_OF_MANY)),
  );
  for (const message of sorted) {
    const first = found.find((one) => isCause(one, message));
    if (first === undefined) found.push(message);
    else if (
      first.message !== message.message ||
      first.line !== message.line ||
      first.column !== message.column
    )
      first.notes.push(message);
  }
  return found;
}

/** The code generator's words for a missing feature: two messages of one line. */
const GENERATOR =
  /^(?:a call to built-?in function|only small returns)[^\n]*\n(?:a call to built-?in function|only small returns)/i;
const DEFINED_WITH_MANY = 'defined with too many args';
const CALL_OF_MANY = 'too many args to ';

/**
 * Reads the last words of clang's code generator, of each version in another form: a line of the file that it
 * compiles, a position at the end of an expression of its own, or a function alone.
 */
function generatorMessages(
  text: string,
  entry: string,
): (ClangMessage & { notes: ClangMessage[] })[] {
  const fatal = /^fatal error: error in backend: (?!IO failure)(.*)$/m.exec(text)?.[1];
  if (fatal === undefined) return crashMessages(text);
  const signed =
    /^Error at line (\d{1,7}): (Unsupport signed division).{0,200}?(Please convert[^\n]*)?$/m.exec(
      text,
    );
  const alone = signed?.[1] ?? /^line (\d{1,7}): /.exec(fatal)?.[1];
  const node = /^Cannot select: .{0,200}?= (?:\w+ISD::)?(\w+)/.exec(fatal)?.[1];
  // Below a node are its operands, of which one has a position where it has none.
  const after = text.indexOf(fatal) + fatal.length;
  const operands = node === undefined ? [] : text.slice(after, after + 4000).split('\n', 20);
  const [, file = entry, line, column] = [fatal.slice(-500), ...operands].flatMap(
    (one): (string | undefined)[] => POSITION.exec(one) ?? [],
  );
  return [
    {
      // Without the numbers of its nodes, which are others each time.
      message: signed === null ? generatorWords(fatal, node) : 'unsupported signed division',
      file: path.posix.normalize(line === undefined ? entry : file),
      line: Number(line ?? alone ?? 0),
      column: Number(column ?? 1),
      endColumn: line === undefined && alone !== undefined ? 1000 : undefined,
      severity: 'error',
      in: /on function '@(\w{1,200})'/.exec(text)?.[1],
      notes: [],
    },
  ];
}

/** For inlined code, its own place comes first. */
const POSITION = /, ([^,\s:]+):(\d{1,7}):(\d{1,7})(?: @\[.*)?$/;

/** Where it was when it crashed while it made code: the last of what it was at, with the function if that is known. */
function crashMessages(text: string): (ClangMessage & { notes: ClangMessage[] })[] {
  if (!GENERATOR_CRASH.test(text)) return [];
  const at = Array.from(text.matchAll(/^\d{1,2}\.\t(.{1,400})$/gm), ([, step = '']) => step).at(-1);
  return [
    {
      message: `clang crashed: ${at ?? ''}`,
      file: '',
      line: 0,
      column: 1,
      endColumn: undefined,
      severity: 'error',
      notes: [],
      in: /on function '@(\w{1,200})'$/.exec(at ?? '')?.[1],
    },
  ];
}

/** Without the numbers of the code generator's nodes, and the place that they end with. */
const withoutNodes = (message: string): string =>
  message.replace(
    /^(too many args to|pass by value not supported:?) 0x.{0,400}?@(\w{1,200})>.*$/,
    '$1 $2()',
  );

const generatorWords = (fatal: string, node: string | undefined): string =>
  node === undefined ? fatal.replace(/^line \d{1,7}: /, '') : `cannot make code for ${node}`;

/** `{12:5-12:9}{12:14-12:20}`: the first range that the position is in, or that begins there. */
function endColumn(ranges: string, line: number, column: number): number | undefined {
  for (const match of ranges.matchAll(/\{(\d{1,7}):(\d{1,7})-(\d{1,7}):(\d{1,7})\}/g)) {
    const [startLine = 0, start = 0, endLine = 0, end = 0] = match.slice(1).map(Number);
    if (startLine === line && endLine === line && start <= column && end > column) return end;
  }
  return undefined;
}
