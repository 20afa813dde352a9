import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';
import { HostError } from '../host/errors.ts';

/**
 * Reads a local file that somebody wrote.
 * @param parse throws what is wrong with its text.
 * @throws HostError with that, and with `next`.
 */
export async function readParsed<T>(
  uri: vscode.Uri,
  parse: (text: string) => T,
  next: string,
): Promise<T> {
  try {
    return parse(await readFile(uri.fsPath, 'utf8'));
  } catch (cause) {
    throw new HostError(
      {
        kind: 'input',
        tried: `read ${path.basename(uri.fsPath)}`,
        where: 'this machine',
        words: (cause as Error).message,
        next,
      },
      { cause },
    );
  }
}
