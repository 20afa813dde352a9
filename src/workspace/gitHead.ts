import * as vscode from 'vscode';
import { tooLarge, type ReadFile } from '../bypass/source.ts';
import { folderReader } from './folders.ts';

/** The part of VS Code's own Git extension that is used here. */
interface GitExtension {
  /** False where the setting `git.enabled` is. */
  readonly enabled: boolean;
  getAPI(version: 1): {
    getRepository(file: vscode.Uri): Repository | null;
  };
}
interface Repository {
  readonly state: { readonly HEAD: { readonly commit?: string } | undefined };
  buffer(commit: string, file: string): Promise<Uint8Array>;
  /** Rejects where the commit has no such file. */
  getObjectDetails(commit: string, file: string): Promise<{ mode: string; size: number }>;
}

/** The last commit's version of a folder. */
export interface GitHead {
  readonly commit: string;
  /** Files that are not committed, as generated headers, are read from the folder. */
  readonly read: ReadFile;
}

/**
 * @param entry relative to the folder.
 * @returns undefined where the file is not committed, is in no repository that the editor has open, or git is not there.
 */
export async function gitHead(folder: vscode.Uri, entry: string): Promise<GitHead | undefined> {
  const repository = await repositoryOf(vscode.Uri.joinPath(folder, entry));
  const commit = repository?.state.HEAD?.commit;
  if (repository === undefined || commit === undefined) return undefined;
  const disk = folderReader(folder);
  const committed = async (file: string) => {
    const { fsPath } = vscode.Uri.joinPath(folder, file);
    const found = await repository.getObjectDetails(commit, fsPath).catch(() => undefined);
    // Not a link, nor another repository.
    return found?.mode.startsWith('100') === true ? { fsPath, size: found.size } : undefined;
  };
  const read: ReadFile = async (file) => {
    const found = await committed(file);
    return found === undefined
      ? disk(file)
      : (tooLarge(found.size) ?? repository.buffer(commit, found.fsPath));
  };
  return (await committed(entry)) === undefined ? undefined : { commit, read };
}

async function repositoryOf(file: vscode.Uri): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (extension === undefined) return undefined;
  const git = await extension.activate();
  return git.enabled ? (git.getAPI(1).getRepository(file) ?? undefined) : undefined;
}
