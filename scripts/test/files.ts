import { globSync } from 'tinyglobby';
import { root } from './command.ts';

/** The files of the project that a pattern names, but those of installed packages. */
export const projectFiles = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: root, ignore: '**/node_modules/**' }).sort();
