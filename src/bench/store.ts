import { randomUUID } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { HostError } from '../host/errors.ts';
import { parseDocument, type ResultDocument } from '../results/document.ts';
import { documentText } from '../results/documentText.ts';

/**
 * Writes a result document so that a crash at any moment leaves the old or the new one, whole:
 * a file beside it, flushed, then renamed over it. Links are followed.
 * @param named local path.
 * @throws Error also where something other than a regular file is there: renaming would put an end to a
 * device, /dev/null for one.
 */
export async function writeDocument(named: string, document: ResultDocument): Promise<void> {
  const file = await realpath(named).catch(() => named);
  const there = await stat(file).catch(() => undefined);
  if (there?.isFile() === false) {
    throw new Error(`Could not write ${named}: there is something that is not a regular file.`);
  }
  // Only for this writing: another one may go on at the same time, here or in another window.
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(documentText(document));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new Error(`Could not write ${file}: ${(cause as Error).message}`, { cause });
  }
}

/** "2026-11-23T10-20-30Z-web1.sockmap-bench.json": sorts by time, and is a file name anywhere. */
export function documentFileName({ startedAt, host }: ResultDocument): string {
  const time = startedAt.replace(/\.\d+/, '').replaceAll(':', '-');
  const name = host.name.replace(/[^\w.-]+/g, '-').slice(0, 60);
  return `${time}-${name}.sockmap-bench.json`;
}

/** @throws HostError naming what is wrong with the file. */
export const readDocument = (file: string): Promise<ResultDocument> =>
  readParsed(file, parseDocument, 'Choose a result document.');

/**
 * Reads a local file that somebody wrote.
 * @param parse throws what is wrong with its text.
 * @throws HostError with that, and with `next`.
 */
export async function readParsed<T>(
  file: string,
  parse: (text: string) => T,
  next: string,
): Promise<T> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new HostError(
      {
        kind: 'input',
        tried: `read ${path.basename(file)}`,
        where: 'this machine',
        words: (cause as Error).message,
        next,
      },
      { cause },
    );
  }
}
