import fs from 'node:fs';
import path from 'node:path';
import { root } from './command.ts';

/** The files below a directory of the project, but those of installed packages. */
export function filesUnder(directory: string, pattern: RegExp): string[] {
  const start = path.join(root, directory);
  if (!fs.existsSync(start)) return [];
  return fs
    .readdirSync(start, { withFileTypes: true })
    .flatMap((entry) => {
      const place = path.join(directory, entry.name);
      if (entry.isDirectory())
        return entry.name === 'node_modules' ? [] : filesUnder(place, pattern);
      return pattern.test(entry.name) ? [place] : [];
    })
    .sort();
}
