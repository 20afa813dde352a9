import path from 'node:path';

/** bpftool's listing with `linum`, its positions as in the verifier's log: `; return 0; @ a.bpf.c:7`. */
export const withPositions = (listing: string): string =>
  listing
    .split('\n')
    .flatMap((line) => {
      const at = line.lastIndexOf('[file:');
      const position = at < 0 ? null : LINUM.exec(line.slice(at));
      if (position === null) return [line];
      const [, file = '', number = ''] = position;
      const words = line.slice(0, at).trimEnd();
      // The compiler made it up by itself.
      if (Number(number) === 0) return words === ';' ? [] : [words];
      return [`${words} @ ${path.posix.basename(file)}:${number}`];
    })
    .join('\n');

const LINUM = /^\[file:(.*) line_num:(\d{1,7}) line_col:\d{1,7}\]$/s;

/**
 * objdump's listing with the source above the instructions, in the same form.
 * @param lines of `verify.c`.
 */
export function withLines(listing: string, lines: string): string {
  const starts = new Map(
    lines.split('\n').flatMap((line) => {
      const tab = line.indexOf('\t');
      // Code that the compiler made up by itself, line 0, counts as the line before.
      const [, offset, number = '', file = ''] =
        /^(\d{1,9}) ([1-9]\d{0,6}) (.*)$/s.exec(line.slice(0, tab)) ?? [];
      const text = `; ${line.slice(tab + 1).trim()} @ ${path.posix.basename(file)}:${number}`;
      return offset === undefined || tab < 0 ? [] : [[Number(offset), text] as const];
    }),
  );
  const instructions = listing.split('\n').filter((line) => /^\s+[0-9a-f]+:\t/.test(line));
  if (instructions.length === 0) {
    return `; ${listing.trim().replaceAll('\n', '\n; ')}\n; It takes the host's objdump, of binutils.\n`;
  }
  return instructions
    .flatMap((line) => {
      const start = starts.get(Number.parseInt(line, 16));
      return start === undefined ? [line] : [start, line];
    })
    .join('\n');
}
