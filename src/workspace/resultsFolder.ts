import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import { setting } from './settings.ts';

/**
 * The folder for results that the settings name.
 * @returns undefined where they name none.
 * @throws HostError of kind `input` for a path that depends on where it is read from.
 */
function settingsFolder(): vscode.Uri | undefined {
  const named = setting('results.folder').trim();
  if (named === '') return undefined;
  const whole = named.replace(/^~(?=$|[\\/])/, homedir());
  if (path.isAbsolute(whole)) return vscode.Uri.file(whole);
  throw new HostError({
    kind: 'input',
    tried: vscode.l10n.t('read the settings'),
    words: vscode.l10n.t('sockmapBypass.results.folder: {0} is not an absolute path', named),
    next: vscode.l10n.t('Correct the setting.'),
  });
}

/** In our own storage, for runs without a workspace. */
const ownFolder = (context: Context): vscode.Uri =>
  vscode.Uri.joinPath(context.extension.globalStorageUri, 'results');

/** Where a new run goes: the folder of the settings, else the workspace's first, else our own storage. */
export function newResultsFolder(context: Context): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return settingsFolder() ?? folder?.uri ?? ownFolder(context);
}

/** The folders beside the workspace's in which there may be runs. */
export function resultsFolders(context: Context): vscode.Uri[] {
  const own = ownFolder(context);
  try {
    const folder = settingsFolder();
    return folder === undefined ? [own] : [folder, own];
  } catch {
    // Who starts a run is told of the setting.
    return [own];
  }
}
