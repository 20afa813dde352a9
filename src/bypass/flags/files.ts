import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isPlainPath } from '../../host/plainPath.ts';

/** The files of a folder, by their paths in it, that are asked for. */
export type FindFiles = (isMeant: (file: string) => boolean) => Promise<readonly string[]>;

/** A folder that has more is searched no further. */
const MOST_ENTRIES = 50_000;
/** Directories of other projects, or of generated files. */
const LEFT_OUT = /^(?:\..*|node_modules|vendor|target)$/;

/** Searches a local folder, once for all that is asked. Links to directories are not followed. */
export function directoryFinder(directory: string): FindFiles {
  let files: Promise<readonly string[]> | undefined;
  return async (isMeant) => {
    files ??= filesBelow(directory);
    return (await files).filter(isMeant);
  };
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  const pending = [''];
  let seen = 0;
  // The nearest to the top first, so that a limit leaves out the deepest.
  for (let below = pending.shift(); below !== undefined; below = pending.shift()) {
    const place = path.join(directory, below);
    const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (++seen > MOST_ENTRIES) return found;
      const name = path.posix.join(below, entry.name);
      if (!isPlainPath(name)) continue;
      if (!entry.isDirectory()) found.push(name);
      else if (!LEFT_OUT.test(entry.name)) pending.push(name);
    }
  }
  return found;
}

/** Sorts files of a folder: first those that have most directories in common with another, then the highest. */
export const nearestFirst = (files: readonly string[], file: string): string[] => {
  const distance = (one: string) =>
    path.posix.relative(path.posix.dirname(file), one).split('/').length;
  return files.toSorted((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1));
};
