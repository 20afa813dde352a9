import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ReadFile } from '../bypass/source.ts';

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
 * Reads what is saved below a folder of whatever file system the workspace has, and nothing that a
 * link in it points to elsewhere.
 */
export function folderReader(folder: vscode.Uri): ReadFile {
  return async (file) => {
    const uri = vscode.Uri.joinPath(folder, file);
    const found = await stat(uri);
    if (found === undefined || (found.type & vscode.FileType.File) === 0) return undefined;
    if (folder.scheme === 'file') {
      const [root, real] = await Promise.all([realpath(folder.fsPath), realpath(uri.fsPath)]);
      if (!real.startsWith(root + path.sep)) return undefined;
    } else if ((found.type & vscode.FileType.SymbolicLink) !== 0) return undefined;
    return vscode.workspace.fs.readFile(uri);
  };
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

/** Saves what is edited but not saved below a folder, as VS Code does before it runs a task. */
export async function saveBelow(folder: vscode.Uri): Promise<void> {
  const dirty = vscode.workspace.textDocuments.filter(
    ({ uri, isDirty }) => isDirty && relativePath(folder, uri) !== undefined,
  );
  await Promise.all(dirty.map((document) => document.save()));
}
