import path from 'node:path';
import * as vscode from 'vscode';
import { parseDocument, type ResultDocument } from '../results/document.ts';
import { readDocument } from '../bench/store.ts';
import { HostError } from '../host/errors.ts';
import { pickOrType, type Item } from './quickPick.ts';

interface Wanted {
  readonly title: string;
  readonly placeholder: string;
  readonly accept?: (document: ResultDocument, uri: vscode.Uri) => boolean;
  /** The message for a file that is not accepted. */
  readonly fault: string;
}

/** More would not be read in a moment, nor looked through by a person. */
const MOST = 200;

/**
 * Asks for a result document: one of the workspace's, the newest first, or any other file, as
 * another machine has written it.
 * @throws HostError where that file is no result document, or one that is not accepted.
 */
export async function pickDocument(wanted: Wanted): Promise<vscode.Uri | undefined> {
  const { title, placeholder, accept = () => true } = wanted;
  const files = await vscode.workspace.findFiles('**/*.sockmap-bench.json', undefined, MOST);
  const read = await Promise.all(files.map(async (uri) => ({ uri, document: await parsed(uri) })));
  const items = read
    .flatMap(({ uri, document }) => (document === undefined ? [] : [{ uri, document }]))
    .filter(({ uri, document }) => accept(document, uri))
    .sort((a, b) => (a.document.startedAt < b.document.startedAt ? 1 : -1))
    .map(({ uri, document }): Item<vscode.Uri | 'other'> => ({
      label: path.basename(uri.path),
      description: vscode.l10n.t(
        '{0}, {1}, {2} samples',
        document.host.name,
        document.plan.name,
        document.samples.length,
      ),
      detail: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..')),
      value: uri,
    }));
  const other: Item<vscode.Uri | 'other'> = {
    icon: 'folder-opened',
    label: vscode.l10n.t('Other file…'),
    description: vscode.l10n.t('from outside of this workspace, or of another machine'),
    value: 'other',
  };
  const choice = await pickOrType([...items, other], { title, placeholder });
  return choice === 'other' ? otherDocument(wanted) : choice;
}

async function otherDocument({
  title,
  accept = () => true,
  fault,
}: Wanted): Promise<vscode.Uri | undefined> {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: vscode.l10n.t('Choose'),
      filters: { [vscode.l10n.t('Sockmap benchmarks')]: ['sockmap-bench.json', 'json'] },
    })) ?? [];
  if (uri === undefined || accept(await readDocument(uri.fsPath), uri)) return uri;
  throw new HostError({
    kind: 'input',
    tried: vscode.l10n.t('use {0}', path.basename(uri.path)),
    where: vscode.l10n.t('this machine'),
    words: fault,
    next: vscode.l10n.t('Choose another file.'),
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
