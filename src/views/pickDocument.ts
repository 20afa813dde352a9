import path from 'node:path';
import * as vscode from 'vscode';
import { parseDocument, type ResultDocument } from '../bench/document.ts';
import { HostError } from '../host/errors.ts';
import { pickOrType, type Item } from './quickPick.ts';
import { readParsed } from './readFile.ts';

/** @throws HostError naming what is wrong with the file. */
export const readDocument = (uri: vscode.Uri): Promise<ResultDocument> =>
  readParsed(uri, parseDocument, 'Choose a result document.');

interface Wanted {
  readonly title: string;
  readonly placeholder: string;
  readonly accept?: (document: ResultDocument, uri: vscode.Uri) => boolean;
  /** What to say where there is none. */
  readonly none: string;
}

/** More would not be read in a moment, nor looked through by a person. */
const MOST = 200;

/**
 * Asks for one of the workspace's result documents, the newest first.
 * @throws HostError where there is none.
 */
export async function pickDocument(wanted: Wanted): Promise<vscode.Uri | undefined> {
  const { title, placeholder, accept = () => true, none } = wanted;
  const files = await vscode.workspace.findFiles('**/*.sockmap-bench.json', undefined, MOST);
  const read = await Promise.all(files.map(async (uri) => ({ uri, document: await parsed(uri) })));
  const items = read
    .flatMap(({ uri, document }) => (document === undefined ? [] : [{ uri, document }]))
    .filter(({ uri, document }) => accept(document, uri))
    .sort((a, b) => (a.document.startedAt < b.document.startedAt ? 1 : -1))
    .map(({ uri, document }): Item<vscode.Uri> => ({
      label: path.basename(uri.path),
      description: `${document.host.name}, ${document.plan.name}, ${document.samples.length} samples`,
      detail: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..')),
      value: uri,
    }));
  if (items.length > 0) return pickOrType(items, { title, placeholder });
  throw new HostError({
    kind: 'not-found',
    tried: 'find a result document',
    where: 'this workspace',
    words: none,
    next: 'Open the folder that holds it, then try again.',
  });
}

/** Undefined for what is no result document, such as one that is being written elsewhere. */
async function parsed(uri: vscode.Uri): Promise<ResultDocument | undefined> {
  try {
    return parseDocument(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
  } catch {
    return undefined;
  }
}
