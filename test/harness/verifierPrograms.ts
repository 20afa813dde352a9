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
  /** In the folder. */
  readonly file: string;
  /** From 0. */
  readonly line: number;
  /** The name of the catalogue's entry. */
  readonly explanation: string;
  /** A part of the kernel's words. */
  readonly words: string;
}

/**
 * Reads a program's expected fault: `// reject EXPLANATION: WORDS` at the end of the line; of one that
 * has none in itself, what common.h says.
 */
export function expectation(program: string, root = VERIFIER_PROGRAMS): Expectation {
  for (const file of [program, 'common.h']) {
    const lines = fs.readFileSync(path.join(root, file), 'utf8').split('\n');
    const line = lines.findIndex((each) => each.includes('// reject '));
    const match = /\/\/ reject (\S+): (.*)$/.exec(lines[line] ?? '');
    if (match !== null) return { file, line, explanation: match[1] ?? '', words: match[2] ?? '' };
  }
  throw new Error(`${program} does not say what is wrong with it`);
}
