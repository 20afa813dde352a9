import * as vscode from 'vscode';
import * as z from 'zod';
import { policyEntry } from '../bypass/source.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { bundledFiles, bundledUri } from '../workspace/bundled.ts';
import { copyDirectory, foldersWithCopy } from '../workspace/copy.ts';
import { exists, relativePath } from '../workspace/folders.ts';
import { confirm, showInformation } from '../ui/window.ts';
import { readArgument } from './arguments.ts';

const compareArgument = z.object({ file: z.string().optional() });
const restoreArgument = z.object({
  /** Without asking. */
  confirmed: z.boolean().default(false),
});

/**
 * Compare with bundled: the editor's file, where it is one of the copy's, or the main program.
 * @returns the names of the copy's files that differ.
 */
export async function compareSource(context: Context, argument: unknown): Promise<string[]> {
  // From the menu of an editor comes its Uri.
  const given =
    argument instanceof vscode.Uri ? undefined : readArgument(compareArgument, argument);
  const directory = await copyOf(vscode.l10n.t('compare the BPF source'));
  const asked =
    argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  const files = await bundledFiles(context);
  const open = asked && relativePath(directory, asked);
  const name =
    given?.file ?? (open !== undefined && files.has(open) ? open : policyEntry('guarded'));
  if (!files.has(name)) {
    throw new HostError({
      kind: 'input',
      tried: vscode.l10n.t('compare the BPF source'),
      words: vscode.l10n.t('no bundled file is named {0}', name),
      next: vscode.l10n.t('There are {0}.', Array.from(files.keys()).join(', ')),
    });
  }
  await vscode.commands.executeCommand(
    'vscode.diff',
    bundledUri(context, name),
    vscode.Uri.joinPath(directory, name),
    `${name} (bundled ↔ yours)`,
  );
  return (await differences(directory, files)).map(({ name }) => name);
}

/**
 * Restore bundled: puts the copy back to what is bundled, as an edit that can be undone; files the
 * person added stay.
 * @returns the names of the files that were put back; none where the person declined.
 */
export async function restoreSource(context: Context, argument: unknown): Promise<string[]> {
  const confirmed = readArgument(restoreArgument, argument)?.confirmed === true;
  const directory = await copyOf(vscode.l10n.t('restore the BPF source'));
  const differing = await differences(directory, await bundledFiles(context));
  const names = differing.map(({ name }) => name);
  if (names.length === 0) {
    void showInformation(
      vscode.l10n.t('Your copy of the BPF source is the same as the bundled one.'),
    );
    return [];
  }
  if (!confirmed) {
    const sure = await confirm(
      names.length === 1
        ? vscode.l10n.t('Restore {0} to the bundled one?', names[0] ?? '')
        : vscode.l10n.t('Restore {0} files to the bundled ones?', names.length),
      {
        detail: vscode.l10n.t(
          'In {0}: {1}. What you changed there is replaced; Undo in the editor brings it back. Files you added stay.',
          vscode.workspace.asRelativePath(directory),
          names.join(', '),
        ),
        go: vscode.l10n.t('Restore'),
        stay: vscode.l10n.t('Keep Mine'),
      },
    );
    if (!sure) return [];
  }
  for (const { file, content, isMissing } of differing) {
    if (isMissing) await vscode.workspace.fs.writeFile(file, content);
    else await replaceText(file, Buffer.from(content).toString());
  }
  return names;
}

async function copyOf(tried: string): Promise<vscode.Uri> {
  const [folder] = await foldersWithCopy();
  if (folder !== undefined) return copyDirectory(folder);
  throw new HostError({
    kind: 'not-found',
    tried,
    words: vscode.l10n.t('this workspace has no copy of it, and uses the bundled one'),
    next: vscode.l10n.t('Run Open BPF source to make one.'),
  });
}

interface Difference {
  readonly name: string;
  readonly file: vscode.Uri;
  /** As bundled. */
  readonly content: Uint8Array;
  readonly isMissing: boolean;
}

/** Compares what editors show where one is open: that is what is about to be saved. */
async function differences(
  directory: vscode.Uri,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Difference[]> {
  const all = await Promise.all(
    Array.from(files, async ([name, content]) => {
      const file = vscode.Uri.joinPath(directory, name);
      const isMissing = !(await exists(file));
      const text = Buffer.from(content).toString();
      const same = !isMissing && withNewlines(await textOf(file)) === withNewlines(text);
      return same ? [] : [{ name, file, content, isMissing }];
    }),
  );
  return all.flat();
}

/** Line ends are the editor's and git's affair. */
const withNewlines = (text: string): string => text.replaceAll('\r\n', '\n');

const textOf = async (file: vscode.Uri): Promise<string> =>
  (await vscode.workspace.openTextDocument(file)).getText();

async function replaceText(file: vscode.Uri, text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(file);
  const edit = new vscode.WorkspaceEdit();
  const end = document.lineAt(document.lineCount - 1).range.end;
  edit.replace(file, new vscode.Range(new vscode.Position(0, 0), end), text);
  await vscode.workspace.applyEdit(edit);
  await document.save();
}
