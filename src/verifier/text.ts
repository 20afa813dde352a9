/** The lines of a file; none of one that is not there. */
export const linesOf = (content: Uint8Array | undefined): string[] =>
  Buffer.from(content ?? [])
    .toString()
    .split('\n');

/**
 * Where an editor counts a position of a line that compilers give in bytes of UTF-8. Both from 0. What a
 * line that is not known, or is shorter, has there counts as ASCII.
 */
export function editorColumn(line: string, bytes: number): number {
  // A character has a byte at least: the rest of a line of megabytes is not looked at.
  const content = Buffer.from(line.slice(0, Math.max(0, bytes)));
  const before = content.subarray(0, bytes).toString();
  // Editors have no byte order mark.
  const shown = before.startsWith('\u{feff}') ? before.length - 1 : before.length;
  return shown + Math.max(0, bytes - content.length);
}
