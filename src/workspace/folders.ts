import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { directoryReader, tooLarge, type ReadFile } from '../bypass/source.ts';
import { isFolderAbove } from './above.ts';
import { setting } from './settings.ts';

/** The path of a file below a folder, with "/" on every system; undefined where it is not below it. */
export function relativePath(folder: vscode.Uri, file: vscode.Uri): string | undefined {
  if (folder.scheme !== file.scheme || folder.authority !== file.authority) return undefined;
  const start = folder.path.endsWith('/') ? folder.path : `${folder.path}/`;
  return file.path.startsWith(start) ? file.path.slice(start.length) : undefined;
}

export async function exists(file: vscode.Uri): Promise<boolean> {
  return (await stat(file)) !== undefined;
}

/**
 * Files around a source that may be read, and uploaded: the folder that is open, or one above it that the setting
 * names, where only a part of a project is open.
 */
export function rootOf(uri: vscode.Uri): vscode.Uri {
  const open = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  if (open === undefined) return vscode.Uri.joinPath(uri, '..');
  const named = setting('verify.root', uri);
  if (named === '' || open.scheme !== 'file') return open;
  const above = vscode.Uri.joinPath(open, named);
  return isFolderAbove(named, above.fsPath, homedir()) ? above : open;
}

/** A project's own settings for compiling. */
export const watchBuildFiles = (changed: (file: vscode.Uri) => void): vscode.Disposable => {
  const watcher = vscode.workspace.createFileSystemWatcher('**/{compile_commands.json,.clangd}');
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(changed),
    watcher.onDidChange(changed),
    watcher.onDidDelete(changed),
  );
};

/**
 * Reads files below a folder of whatever file system the workspace has, and nothing that a link in
 * it points to elsewhere. The text of an editor counts before it is saved.
 */
export function folderReader(folder: vscode.Uri): ReadFile {
  const texts = unsavedBelow(folder);
  if (folder.scheme === 'file') return directoryReader(folder.fsPath, texts);
  return async (file) => {
    const uri = vscode.Uri.joinPath(folder, file);
    const found = await stat(uri);
    const text = texts.get(file);
    if (text !== undefined) return Buffer.from(text);
    if (found === undefined || found.type === vscode.FileType.Directory) return undefined;
    if (found.type !== vscode.FileType.File)
      return { wrong: vscode.l10n.t('is not a regular file') };
    return tooLarge(found.size) ?? vscode.workspace.fs.readFile(uri);
  };
}

/** Texts that are edited but not saved, by their path below a folder. */
function unsavedBelow(folder: vscode.Uri): Map<string, string> {
  const found = new Map<string, string>();
  for (const document of vscode.workspace.textDocuments) {
    const file = relativePath(folder, document.uri);
    if (document.isDirty && file !== undefined) found.set(file, document.getText());
  }
  return found;
}

async function stat(file: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(file);
  } catch (error) {
    if (error instanceof vscode.FileSystemError && /NotFound|NotADirectory/.test(error.code)) {
      return undefined;
    }
    throw error;
  }
}
