import { parseLog, splitPosition } from './log.ts';

/** Which line of a listing belongs to which line of the source. Lines from 0. */
export interface ListingLine {
  readonly line: number;
  /** The file's name without directories. */
  readonly file: string;
  readonly sourceLine: number;
  /** The known state of registers and stack there, where it is a log. */
  readonly state: string | undefined;
}

const basename = (path: string): string => path.replace(/^.*\//, '');

/**
 * Lines of a verifier's log.
 * @param at gives the source of an instruction: before Linux 6.9 the log does not.
 */
export function logLines(
  text: string,
  at?: (instruction: number) => { file: string; line: number } | undefined,
): ListingLine[] {
  return parseLog(text).steps.flatMap(({ line, instruction, source, state }) => {
    const known =
      at?.(instruction) ??
      (source?.file === undefined || source.line === undefined
        ? undefined
        : { file: source.file, line: source.line });
    return known === undefined || known.line === 0
      ? []
      : [{ line, file: basename(known.file), sourceLine: known.line - 1, state }];
  });
}

/** Lines of bytecode or machine code: `; p + 5 > end @ a.bpf.c:7` counts for those below it. */
export function codeLines(text: string): ListingLine[] {
  const found: ListingLine[] = [];
  let place: { file: string; sourceLine: number } | undefined;
  text.split('\n').forEach((words, line) => {
    const marked = words.startsWith('; ') ? splitPosition(words) : undefined;
    if (marked !== undefined && marked.line > 0) {
      place = { file: basename(marked.file), sourceLine: marked.line - 1 };
    }
    if (place !== undefined && words !== '') found.push({ line, ...place, state: undefined });
  });
  return found;
}
