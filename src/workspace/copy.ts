import * as vscode from 'vscode';
import type { BpfSource } from '../bypass/build.ts';
import { policyEntry, readSource } from '../bypass/source.ts';
import type { Policy } from '../bypass/attachment.ts';
import type { Context } from '../context.ts';
import { exists } from './folders.ts';
import { saveAndReadProgram } from './program.ts';

/** Where the editable copy of the bundled programs lies in a workspace folder. */
export const copyDirectory = (folder: vscode.WorkspaceFolder): vscode.Uri =>
  vscode.Uri.joinPath(folder.uri, 'bpf');

/** The folders whose copy has the program of a policy, in the workspace's order. */
export async function foldersWithCopy(
  policy: Policy = 'guarded',
): Promise<vscode.WorkspaceFolder[]> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const found = await Promise.all(
    folders.map((folder) =>
      exists(vscode.Uri.joinPath(copyDirectory(folder), policyEntry(policy))),
    ),
  );
  return folders.filter((_, index) => found[index]);
}

/** The programs to compile, and where they come from. */
export interface Programs {
  readonly source: BpfSource;
  /** "the workspace's copy, bpf/sockmap_bypass.bpf.c"; undefined: the bundled ones. */
  readonly copy: string | undefined;
}

/**
 * The programs of a policy: the workspace's copy where there is one, saved first as before any
 * build, otherwise those bundled. What an untrusted workspace has is not used.
 * @throws HostError of kind `input` where the copy includes what may not be read.
 */
export async function readPrograms(context: Context, policy: Policy): Promise<Programs> {
  const file = await copyInUse(policy);
  if (file === undefined) {
    return { source: await readSource(context.bpfDirectory, policy), copy: undefined };
  }
  return { source: await saveAndReadProgram(file), copy: nameOfCopy(file) };
}

/** The file that takes the place of a bundled program. */
export async function copyInUse(policy: Policy): Promise<vscode.Uri | undefined> {
  if (!vscode.workspace.isTrusted) return undefined;
  const [folder] = await foldersWithCopy(policy);
  return folder && vscode.Uri.joinPath(copyDirectory(folder), policyEntry(policy));
}

export const nameOfCopy = (file: vscode.Uri): string =>
  vscode.l10n.t("the workspace's copy, {0}", vscode.workspace.asRelativePath(file));
