import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { HostError } from '../host/errors.ts';
import { parseDocument, type ResultDocument } from '../results/document.ts';
import { documentText } from '../results/documentText.ts';

/**
 * Writes a result document so that a crash at any moment leaves the old or the new one, whole:
 * a file beside it, flushed, then renamed over it.
 * @param file local path.
 */
export async function writeDocument(file: string, document: ResultDocument): Promise<void> {
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
