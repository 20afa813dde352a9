/**
 * Output of a script that reads many things in one round trip: each preceded by a line
 * "BOUNDARY NAME" (see `SECTION`). The boundary is random, so no output can pretend to be one.
 */
export interface Section {
  readonly name: string;
  readonly text: string;
}

/** Shell function `section NAME`; expects the boundary as $1 and shifts it away. */
export const SECTION = `b=$1; shift; section() { printf '\\n%s %s\\n' "$b" "$1"; }`;

export function parseSections(text: string, boundary: string): Section[] {
  return text
    .split(`\n${boundary} `)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { name: part.slice(0, end), text: part.slice(end + 1).trim() };
    });
}

export const newBoundary = (): string => `==${crypto.randomUUID()}`;
