import { parseLog } from './log.ts';

/** Which line of a listing belongs to which line of the source. Lines from 0. */
export interface ListingLine {
  readonly line: number;
  /** The file's name without directories. */
  readonly file: string;
  readonly sourceLine: number;
  /** What is known of registers and stack there, where it is a log. */
  readonly state: string | undefined;
}

const basename = (path: string): string => path.replace(/^.*\//, '');

/**
 * Lines of a log with positions (Linux 6.9 and newer), or of bpftool's listings with `linum`.
 * @param at tells the source of an instruction where the log does not.
 */
export function listingLines(
  text: string,
  at?: (instruction: number) => { file: string; line: number } | undefined,
): ListingLine[] {
  const listed = bpftoolLines(text);
  if (listed.length > 0) return listed;
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

/** `; p + 5 > end [file:/tmp/x/a.bpf.c line_num:7 line_col:8]` counts for the lines below it. */
function bpftoolLines(text: string): ListingLine[] {
  const found: ListingLine[] = [];
  let place: { file: string; sourceLine: number } | undefined;
  text.split('\n').forEach((words, line) => {
    const marked = /\[file:(.*) line_num:(\d+) line_col:\d+\]$/.exec(words);
    if (marked !== null) {
      place = { file: basename(marked[1] ?? ''), sourceLine: Number(marked[2]) - 1 };
    }
    if (place !== undefined) found.push({ line, ...place, state: undefined });
  });
  return found;
}
