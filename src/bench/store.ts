import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { HostError } from '../host/errors.ts';
import { annotatedText } from '../results/annotate.ts';
import { parseDocument, type Annotation, type ResultDocument } from '../results/document.ts';
import { documentText } from '../results/documentText.ts';

/**
 * Writes a result document so that a crash at any moment leaves the old or the new one, whole:
 * a file beside it, flushed, then renamed over it. Links are followed.
 * @param named local path.
 * @throws Error also where something other than a regular file is there: renaming would put an end to a
 * device, /dev/null for one.
 */
export async function writeDocument(named: string, document: ResultDocument): Promise<void> {
  await replaceFile(named, () => documentText(document));
}

/** Attempts to write into a document that others write as well. */
const ATTEMPTS = 5;

/**
 * Writes what a person says about a run into its document, and lets all else be, also what this version does not
 * know. Who writes the document at the same time wins: it is read anew.
 * @throws HostError where it is no result document; Error where it cannot be written.
 */
export async function annotateDocument(file: string, annotation: Annotation): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await stampOf(file);
    const text = await readParsed(
      file,
      (read) => annotatedText(read, annotation),
      l10n.t('Choose a result document.'),
    );
    const isSame = async () => (await stampOf(file)) === before;
    if (await replaceFile(file, () => text, isSame)) return;
  }
  throw new Error(l10n.t('Could not write {0}: something else keeps changing it.', file));
}

const stampOf = async (file: string): Promise<string> => {
  const { mtimeNs, size, ino } = await stat(file, { bigint: true });
  return [mtimeNs, size, ino].join();
};

/**
 * @param isWanted asked when the text is ready to take the place of the file.
 * @returns whether it has.
 */
export async function replaceFile(
  named: string,
  text: () => string,
  isWanted = () => Promise.resolve(true),
): Promise<boolean> {
  const file = await realpath(named).catch(() => named);
  const there = await stat(file).catch(() => undefined);
  if (there?.isFile() === false) {
    throw new Error(l10n.t('Could not write {0}: it exists and is not a regular file.', named));
  }
  // Only for this writing: another one may go on at the same time, here or in another window.
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(text());
      await handle.sync();
    } finally {
      await handle.close();
    }
    const goes = await isWanted();
    await (goes ? rename(temporary, file) : rm(temporary, { force: true }));
    return goes;
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new Error(l10n.t('Could not write {0}: {1}', file, (cause as Error).message), { cause });
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
  readParsed(file, parseDocument, l10n.t('Choose a result document.'));

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
        tried: l10n.t('read {0}', path.basename(file)),
        where: l10n.t('this machine'),
        words: (cause as Error).message,
        next,
      },
      { cause },
    );
  }
}
