import { CALLS } from './catalogue/calls.ts';
import type { Entry } from './catalogue/entry.ts';
import { MEMORY } from './catalogue/memory.ts';
import { BUG, LOADING, PROGRAM } from './catalogue/program.ts';

/** A kind of error, explained. */
export interface Explanation {
  /** A stable name. */
  readonly id: string;
  /** The message in plain words, and why the verifier refuses. */
  readonly why: string;
  /** How to fix it. */
  readonly fix: string;
}

/** The first that fits decides: within and between the lists the more specific ones come first. */
export const CATALOGUE: readonly Entry[] = [BUG, ...MEMORY, ...CALLS, ...PROGRAM, ...LOADING];

/** The words that matter are short; a pattern may take the square of what it looks at. */
const LOOKED_AT = { lines: 40, characters: 400 } as const;

/** Everything known about an error; the message may be several lines. */
export function explain(words: string): Explanation | undefined {
  const message = words
    .split('\n', LOOKED_AT.lines)
    .map((line) => line.slice(0, LOOKED_AT.characters))
    .join('\n');
  for (const { id, pattern, detail, why, fix } of CATALOGUE) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const told = detail?.(match.groups ?? {});
    return { id, why: told === undefined ? why : `${told} ${why}`, fix };
  }
  return undefined;
}
