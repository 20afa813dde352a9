import * as vscode from 'vscode';
import { PLAIN_SETTINGS, type LIST_SETTINGS, type PlainSettings } from './plainSettings.ts';

/*
 * The one place that reads and writes the settings; those that take more than a type to check are in
 * checkedSettings.ts. What they are is declared in package.json, and a test compares it with what is read.
 */

const configuration = (scope?: vscode.Uri): vscode.WorkspaceConfiguration =>
  vscode.workspace.getConfiguration('sockmapBypass', scope);

/**
 * A setting; its default where its value is of another type, which VS Code marks in the settings.
 * @param scope the file it is for, where it may differ by folder.
 */
export function setting<K extends keyof PlainSettings>(
  name: K,
  scope?: vscode.Uri,
): PlainSettings[K] {
  const standard = PLAIN_SETTINGS[name];
  const value = configuration(scope).get<PlainSettings[K]>(name);
  return typeof value === typeof standard && value !== undefined ? value : standard;
}

/** A setting of several texts; what is none is left out. */
export function settingList(name: keyof typeof LIST_SETTINGS, scope?: vscode.Uri): string[] {
  const value = configuration(scope).get<unknown>(name);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export const changeSetting = <K extends keyof PlainSettings>(
  name: K,
  value: PlainSettings[K],
  target: vscode.ConfigurationTarget,
): Thenable<void> => configuration().update(name, value, target);

/** Says how the sources of a pattern are built in the settings of the workspace, or of its folder where there are several. */
export async function addForPattern(
  name: 'verify.flags' | 'verify.link',
  uri: vscode.Uri,
  pattern: string,
  words: readonly string[],
): Promise<void> {
  const isOne = (vscode.workspace.workspaceFolders ?? []).length < 2;
  const { Workspace, WorkspaceFolder } = vscode.ConfigurationTarget;
  const known = configuration(uri).inspect<Record<string, unknown>>(name);
  const there = isOne ? known?.workspaceValue : known?.workspaceFolderValue;
  const before = typeof there === 'object' ? there : {};
  const value = { ...before, [pattern]: words };
  await configuration(uri).update(name, value, isOne ? Workspace : WorkspaceFolder);
}

/** Settings of a section as a person has them, whatever that is. */
export const sectionValues = (
  section: string,
  names: readonly string[],
  scope?: vscode.Uri,
): Record<string, unknown> =>
  Object.fromEntries(
    names.map((name) => [
      name,
      configuration(scope).get(section === '' ? name : `${section}.${name}`),
    ]),
  );

/** Whether a change is about any of these settings, or sections of them. */
export const affects = (
  change: vscode.ConfigurationChangeEvent,
  ...names: readonly string[]
): boolean => names.some((name) => change.affectsConfiguration(`sockmapBypass.${name}`));
