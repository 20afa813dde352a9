import path from 'node:path';
import * as vscode from 'vscode';
import { copyDirectory, foldersWithCopy } from './copy.ts';
import { exists } from './folders.ts';

/**
 * A file of a program that a tool names, by its path in the source: of the workspace's copy of the programs, or of a
 * folder of the workspace; never one outside of them.
 */
export async function editableSource(file: string): Promise<vscode.Uri | undefined> {
  const name = path.posix.normalize(file);
  if (name.startsWith('/') || name.startsWith('..') || !vscode.workspace.isTrusted) {
    return undefined;
  }
  const copies = [...(await foldersWithCopy('guarded')), ...(await foldersWithCopy('classic'))];
  const folders = vscode.workspace.workspaceFolders ?? [];
  const roots = [...folders.map(({ uri }) => uri), ...copies.map(copyDirectory)];
  for (const uri of roots.map((root) => vscode.Uri.joinPath(root, name))) {
    if (await exists(uri)) return uri;
  }
  return undefined;
}
