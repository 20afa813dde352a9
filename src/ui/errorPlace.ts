/** A line of a source, from 1, as a tool names it. */
export interface ErrorPlace {
  /** By its path in the source. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** clang: "FILE:LINE:COLUMN: error: …"; the first is mostly the cause of the others. */
const CLANG = /^([^\s:][^:\n]{0,400}\.[ch]):(\d{1,7}):(\d{1,7}): (?:fatal )?error: /m;
/** The verifier, since Linux 6.10 with the place: "; text @ FILE:LINE"; the last one before its verdict. */
const VERIFIER = /^; .{0,1000} @ ([^\s:]{1,400}\.[ch]):(\d{1,7})$/gm;

/** Where a compiler or the verifier found the fault; undefined where its words do not say. */
export function placeOf(words: string): ErrorPlace | undefined {
  const clang = CLANG.exec(words);
  const found = clang ?? Array.from(words.matchAll(VERIFIER)).at(-1);
  if (found === undefined) return undefined;
  const [, file = '', line = '1', column = '1'] = found;
  return { file, line: Number(line), column: Number(column) };
}
