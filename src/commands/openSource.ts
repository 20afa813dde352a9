import * as vscode from 'vscode';
import * as z from 'zod';
import { policyEntry } from '../bypass/source.ts';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { bundledFiles } from '../workspace/bundled.ts';
import { copyDirectory, foldersWithCopy } from '../workspace/copy.ts';
import { exists } from '../workspace/folders.ts';
import { pickOne } from '../ui/quickPick.ts';
import { showInformation, showWarning } from '../ui/window.ts';
import { readArgument } from './arguments.ts';

const openArgument = z.object({
  /** The name of the workspace folder, where there are several. */
  folder: z.string().optional(),
});

/**
 * Open BPF source: an editable copy in the workspace, made unless there is one.
 * @returns its main program.
 */
export async function openSource(
  context: Context,
  argument: unknown,
): Promise<vscode.Uri | undefined> {
  const given = readArgument(openArgument, argument);
  const folder = await chooseFolder(given?.folder, argument !== undefined);
  if (folder === undefined) return undefined;
  const directory = copyDirectory(folder);
  const entry = vscode.Uri.joinPath(directory, policyEntry('guarded'));
  const isNew = !(await exists(entry));
  if (isNew) await writeCopy(context, directory);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(entry));
  void announce(entry, isNew);
  return entry;
}

async function chooseFolder(
  name: string | undefined,
  isGiven: boolean,
): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (name !== undefined || (isGiven && folders.length !== 1)) {
    const folder = folders.find((each) => each.name === name);
    if (folder !== undefined) return folder;
    throw new HostError({
      kind: 'input',
      tried: vscode.l10n.t('open the BPF source'),
      words: folderFault(
        name,
        folders.map((each) => each.name),
      ),
      next:
        folders.length === 0
          ? vscode.l10n.t('Open a folder first.')
          : vscode.l10n.t('Name one of them.'),
    });
  }
  if (folders.length === 0) {
    const open = vscode.l10n.t('Open Folder');
    const chosen = await showInformation(
      vscode.l10n.t(
        'The editable copy of the BPF source goes into the workspace, and no folder is open.',
      ),
      open,
    );
    if (chosen === open) await vscode.commands.executeCommand('vscode.openFolder');
    return undefined;
  }
  const having = await foldersWithCopy();
  const candidates = having.length > 0 ? having : folders;
  return candidates.length === 1
    ? candidates[0]
    : (
        await pickOne(
          candidates.map((folder) => ({
            folder,
            icon: 'folder',
            label: folder.name,
            description: folder.uri.fsPath,
          })),
          {
            placeHolder: vscode.l10n.t('Choose the folder for the editable copy of the BPF source'),
          },
        )
      )?.folder;
}

function folderFault(name: string | undefined, folders: readonly string[]): string {
  if (folders.length === 0) return vscode.l10n.t('no folder is open');
  const there = folders.join(', ');
  return name === undefined
    ? vscode.l10n.t('no folder is named; there are {0}', there)
    : vscode.l10n.t('there is no folder {0}; there are {1}', name, there);
}

/** @throws HostError, and writes nothing, where a file of the person's is in the way. */
async function writeCopy(context: Context, directory: vscode.Uri): Promise<void> {
  const files = await bundledFiles(context);
  const taken: string[] = [];
  const missing: [vscode.Uri, Uint8Array][] = [];
  for (const [name, content] of files) {
    const file = vscode.Uri.joinPath(directory, name);
    if (!(await exists(file))) missing.push([file, content]);
    else if (!Buffer.from(await vscode.workspace.fs.readFile(file)).equals(content)) {
      taken.push(vscode.workspace.asRelativePath(file));
    }
  }
  if (taken.length > 0) {
    throw new HostError({
      kind: 'input',
      tried: vscode.l10n.t('copy the BPF source'),
      words: vscode.l10n.t('it would replace {0}', taken.join(', ')),
      next: vscode.l10n.t('Rename what is there, or open another folder.'),
    });
  }
  for (const [file, content] of missing) await vscode.workspace.fs.writeFile(file, content);
}

async function announce(entry: vscode.Uri, isNew: boolean): Promise<void> {
  const name = vscode.workspace.asRelativePath(entry);
  if (!vscode.workspace.isTrusted) {
    await showWarning(
      vscode.l10n.t(
        '{0} can be edited, but while this workspace is not trusted the bundled programs are used.',
        name,
      ),
    );
  } else if (isNew) {
    await showInformation(
      vscode.l10n.t(
        '{0} is your copy. From now on it is what this workspace loads and verifies, in place of the bundled programs.',
        name,
      ),
    );
  }
}
