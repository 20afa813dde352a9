import path from 'node:path';
import * as vscode from 'vscode';
import type { BpfSource } from '../bypass/build.ts';
import type { Guess } from '../bypass/flags/guess.ts';
import { folderReader, relativePath, rootOf } from './folders.ts';

/**
 * A program as the editors have it, built as the settings say: what is verified, what clangd reads, and what
 * is loaded.
 * @param further words of a compiler's command that are tried beside those of the settings.
 * @throws HostError of kind `input` where it includes what may not be read, or a setting is wrong.
 */
export async function readProgram(
  uri: vscode.Uri,
  further: readonly string[] = [],
): Promise<BpfSource> {
  // Only here: what is not used is not read from disk.
  const [{ readBuildSettings }, { configuredSource, withFlags }] = await Promise.all([
    import('./checkedSettings.ts'),
    import('../bypass/flags/build.ts'),
  ]);
  const root = rootOf(uri);
  const entry = relativePath(root, uri) ?? path.posix.basename(uri.path);
  const settings = withFlags(readBuildSettings(uri), entry, further);
  return configuredSource(entry, root.fsPath, folderReader(root), settings);
}

/** The same from what is on disk: what is not saved of it is saved first, as before any build. */
export async function saveAndReadProgram(uri: vscode.Uri): Promise<BpfSource> {
  const { files } = await readProgram(uri);
  const root = rootOf(uri);
  const names = new Set(
    Array.from(files.keys(), (name) => vscode.Uri.joinPath(root, name).toString()),
  );
  const dirty = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && names.has(document.uri.toString()),
  );
  await Promise.all(dirty.map((document) => document.save()));
  // Saving may format.
  return readProgram(uri);
}

/**
 * Flags that a makefile, or a line of bpf2go, is read to mean for a program, where nothing says how it is compiled, and
 * directories that have headers that it lacks.
 * @param missing the names of these.
 * @param architecture `uname -m` of the host that it is verified on.
 * @throws HostError of kind `input` where a setting is wrong.
 */
export async function guessProgramFlags(
  uri: vscode.Uri,
  missing: readonly string[],
  architecture: string | undefined,
): Promise<(Guess & { readonly pattern: string }) | undefined> {
  const [{ readBuildSettings }, { offeredFlags }, { patternOf }, { directoryFinder }] =
    await Promise.all([
      import('./checkedSettings.ts'),
      import('../bypass/flags/build.ts'),
      import('../bypass/flags/guess.ts'),
      import('../bypass/flags/files.ts'),
    ]);
  if (vscode.workspace.getWorkspaceFolder(uri) === undefined) return undefined;
  const root = rootOf(uri);
  const entry = relativePath(root, uri);
  if (entry === undefined) return undefined;
  const settings = readBuildSettings(uri);
  const clues = { find: directoryFinder(root.fsPath), missing, architecture };
  const guess = await offeredFlags(entry, root.fsPath, folderReader(root), settings, clues);
  if (guess === undefined) return undefined;
  const pattern = patternOf(guess, entry);
  // Flags that the settings have for it already stay.
  const words = [...(settings.flags[pattern] ?? []), ...guess.words];
  return { ...guess, pattern, words };
}
