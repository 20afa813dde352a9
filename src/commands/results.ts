import path from 'node:path';
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { annotateDocument, readDocument } from '../bench/store.ts';
import { runUnderWay } from '../bench/sites.ts';
import { HostError } from '../host/errors.ts';
import { annotationFault, tagsOf } from '../results/annotate.ts';
import type { Annotation } from '../results/document.ts';
import { when } from '../results/format.ts';
import { listed } from '../text.ts';
import { exportShown } from '../ui/exportResult.ts';
import { ResultNode } from '../ui/resultNodes.ts';
import { pickOne } from '../ui/quickPick.ts';
import { askLine, confirm } from '../ui/window.ts';
import { activeRun } from './runBenchmark.ts';

/* Commands of the results view. Their argument is the rows that they were chosen for; a key has none. */
async function rowsOf(app: App, argument: unknown): Promise<[ResultNode, ...ResultNode[]]> {
  const [first, ...more] = Array.isArray(argument)
    ? argument.filter((one) => one instanceof ResultNode)
    : await app.results.focused();
  if (first !== undefined) return [first, ...more];
  throw new HostError({
    kind: 'input',
    tried: vscode.l10n.t('find the result'),
    words: vscode.l10n.t('No result is selected.'),
    next: vscode.l10n.t('Select one in the Results view, and try again.'),
  });
}

/** Refresh results. */
export const refreshResults = (app: App): Promise<void> => {
  app.results.refresh();
  return Promise.resolve();
};

/** Open result. */
export async function openResult(app: App, argument: unknown): Promise<void> {
  for (const { file } of await rowsOf(app, argument)) {
    const options = { preview: false, preserveFocus: true };
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), options);
  }
}

/** Edit name of result. */
export const renameResult = (app: App, argument: unknown): Promise<void> =>
  edit(app, argument, {
    title: vscode.l10n.t('Name of the run'),
    prompt: vscode.l10n.t('Shown in place of its date; without one the date is shown.'),
    read: ({ name = '' }) => name,
    write: (name) => ({ name: name.trim() }),
  });

/** Edit notes of result. */
export const editResultNotes = (app: App, argument: unknown): Promise<void> =>
  edit(app, argument, {
    title: vscode.l10n.t('Notes on the run'),
    prompt: vscode.l10n.t('Shown when the mouse is over the run.'),
    read: ({ notes = '' }) => notes,
    write: (notes) => ({ notes: notes.trim() }),
  });

/** Edit tags of result. */
export const editResultTags = (app: App, argument: unknown): Promise<void> =>
  edit(app, argument, {
    title: vscode.l10n.t('Tags of the run'),
    prompt: vscode.l10n.t('Words, separated by commas.'),
    read: ({ tags = [] }) => tags.join(', '),
    write: (text) => ({ tags: tagsOf(text) }),
  });

interface Part {
  readonly title: string;
  readonly prompt: string;
  readonly read: (annotation: Annotation) => string;
  readonly write: (text: string) => Annotation;
}

async function edit(app: App, argument: unknown, part: Part): Promise<void> {
  const [row] = await rowsOf(app, argument);
  const { annotation = {} } = await readDocument(row.file);
  const text = await askLine({
    title: `${part.title}: ${annotation.name ?? when(row.summary.startedAt)}`,
    prompt: part.prompt,
    value: part.read(annotation),
    fault: (typed) => annotationFault(part.write(typed)),
  });
  if (text === undefined) return;
  const changed = { ...annotation, ...part.write(text) };
  const recorder = activeRun(vscode.Uri.file(row.file));
  if (recorder !== undefined) await recorder.annotate(changed);
  else {
    await refuseWhileWritten(row, vscode.l10n.t('write into {0}', path.basename(row.file)));
    await annotateDocument(row.file, changed);
  }
}

/** A run that was cut off writes no more; one of another window or of the command line may. */
const SILENT_MS = 120_000;

/** @throws HostError of kind `occupied` where a run of another program may be writing the document. */
async function refuseWhileWritten(
  { file, summary: { finishedAt, stopped } }: ResultNode,
  tried: string,
): Promise<void> {
  if (finishedAt !== undefined || stopped !== undefined) return;
  const { mtimeMs } = await stat(file);
  if (Date.now() - mtimeMs > SILENT_MS) return;
  throw new HostError({
    kind: 'occupied',
    tried,
    words: runUnderWay(),
    next: vscode.l10n.t(
      'Wait for its end. A run that was cut off can be changed after two minutes.',
    ),
  });
}

/** Delete result: to the trash where there is one. */
export async function deleteResult(app: App, argument: unknown): Promise<void> {
  const rows = await rowsOf(app, argument);
  const names = listed(rows.map(({ file }) => path.basename(file)));
  const uris = rows.map(({ file }) => vscode.Uri.file(file));
  const tried = vscode.l10n.t('delete {0}', names);
  if (uris.some((uri) => activeRun(uri) !== undefined)) throw occupied(tried);
  for (const row of rows) await refuseWhileWritten(row, tried);
  const agrees = await confirm(
    rows.length === 1
      ? vscode.l10n.t('Delete the result {0}?', names)
      : vscode.l10n.t('Delete {0} results?', rows.length),
    {
      detail:
        rows.length === 1
          ? vscode.l10n.t('It goes to the trash, where the system has one.')
          : vscode.l10n.t('{0} go to the trash, where the system has one.', names),
      go: vscode.l10n.t('Delete'),
      stay: vscode.l10n.t('Keep'),
    },
  );
  if (!agrees) return;
  const left: vscode.Uri[] = [];
  for (const uri of uris) {
    try {
      await vscode.workspace.fs.delete(uri, { useTrash: true });
    } catch (error) {
      if (!(error instanceof vscode.FileSystemError) || error.code === 'FileNotFound') throw error;
      left.push(uri);
    }
  }
  if (left.length > 0) await deleteForGood(left);
  app.results.refresh();
}

const occupied = (tried: string): HostError =>
  new HostError({
    kind: 'occupied',
    tried,
    words: runUnderWay(),
    next: vscode.l10n.t('Wait for its end, or cancel it first.'),
  });

async function deleteForGood(uris: readonly vscode.Uri[]): Promise<void> {
  const names = listed(uris.map(({ fsPath }) => path.basename(fsPath)));
  const agrees = await confirm(vscode.l10n.t('There is no trash here. Delete it permanently?'), {
    detail: vscode.l10n.t('{0} cannot be brought back.', names),
    go: vscode.l10n.t('Delete Permanently'),
    stay: vscode.l10n.t('Keep'),
  });
  if (agrees) for (const uri of uris) await vscode.workspace.fs.delete(uri);
}

/** Export result. */
export async function exportResult(app: App, argument: unknown): Promise<void> {
  const [row] = await rowsOf(app, argument);
  const chosen = await pickOne(
    [
      {
        icon: 'markdown',
        label: vscode.l10n.t('Report'),
        description: vscode.l10n.t('Markdown, with all figures and findings'),
        what: 'report' as const,
      },
      {
        icon: 'table',
        label: vscode.l10n.t('Samples'),
        description: vscode.l10n.t('comma-separated values, one line a sample'),
        what: 'samples' as const,
      },
    ],
    { title: vscode.l10n.t('Export'), placeHolder: vscode.l10n.t('Choose what to export') },
  );
  if (chosen === undefined) return;
  const document = await readDocument(row.file);
  const run = { document, fileName: path.basename(row.file) };
  const figure = { figure: 'overview', metric: 'p50', to: 'file' } as const;
  await exportShown(vscode.Uri.file(row.file), [run], {
    type: 'exportText',
    what: chosen.what,
    ...figure,
  });
}

/** Reveal result: in the explorer where it is in the workspace, else where the system shows files. */
export async function revealResult(app: App, argument: unknown): Promise<void> {
  const [row] = await rowsOf(app, argument);
  const uri = vscode.Uri.file(row.file);
  const isInside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  await vscode.commands.executeCommand(isInside ? 'revealInExplorer' : 'revealFileInOS', uri);
}
