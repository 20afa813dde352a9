import * as vscode from 'vscode';
import type { Context } from '../context.ts';

const RECENT = 'recentHosts';

/** The host of the settings; empty where none is set. */
export const preferredHost = (): string =>
  vscode.workspace.getConfiguration('sockmapBypass').get<string>('host', '');

/** Hosts a person has chosen, the last one first. */
export const recentHosts = (context: Context): readonly string[] =>
  context.extension.globalState.get<string[]>(RECENT, []);

export const rememberHost = (context: Context, host: string): Thenable<void> =>
  context.extension.globalState.update(
    RECENT,
    [host, ...recentHosts(context).filter((name) => name !== host)].slice(0, 5),
  );

const EDITING = 'editingHost';

/** The host whose compiler and kernel answer while BPF source is edited; undefined before there is one. */
export function editingHost(context: Context): string | undefined {
  const chosen = context.extension.workspaceState.get<string>(EDITING);
  const preferred = preferredHost();
  return chosen ?? (preferred === '' ? recentHosts(context)[0] : preferred);
}

export const chooseEditingHost = (context: Context, host: string): Thenable<void> =>
  context.extension.workspaceState.update(EDITING, host);
