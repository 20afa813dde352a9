import fs from 'node:fs';
import path from 'node:path';

/** Programs with what a verifier thinks of them: `rejected/` and `accepted/`, which include common.h. */
export const VERIFIER_PROGRAMS = path.join(import.meta.dirname, '../host/verifier');

/** Their paths in that folder. */
export const programsThatAre = (
  kind: 'rejected' | 'accepted',
  root = VERIFIER_PROGRAMS,
): string[] => fs.readdirSync(path.join(root, kind)).map((name) => `${kind}/${name}`);

export interface Expectation {
  /** From 0. */
  readonly line: number;
  /** The name of the catalogue's entry. */
  readonly explanation: string;
  /** A part of the kernel's words. */
  readonly words: string;
}

/** What a program's text says of its fault: `// reject EXPLANATION: WORDS` at the end of the line. */
export function expectation(text: string): Expectation {
  const lines = text.split('\n');
  const line = lines.findIndex((each) => each.includes('// reject '));
  const match = /\/\/ reject (\S+): (.*)$/.exec(lines[line] ?? '');
  return { line, explanation: match?.[1] ?? '', words: match?.[2] ?? '' };
}
