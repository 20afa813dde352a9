import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Context } from '../context.ts';
import { sshAliases } from '../host/sshConfig.ts';
import { setting } from './settings.ts';

const RECENT = 'recentHosts';

/** The host of the settings; empty where none is set. */
export const preferredHost = (): string => setting('host');

/** Hosts a person has chosen, the last one first. */
export const recentHosts = (context: Context): readonly string[] =>
  context.extension.globalState.get<string[]>(RECENT, []);

export async function rememberHost(context: Context, host: string): Promise<void> {
  await context.extension.globalState.update(
    RECENT,
    [host, ...recentHosts(context).filter((name) => name !== host)].slice(0, 5),
  );
  await rememberUse(context, host);
}

const USED = 'usedHosts';
const MOST_USED = 1000;

const usedHosts = (context: Context): readonly string[] =>
  context.extension.globalState.get<string[]>(USED, []);

/** A person chose it, or agreed to it. */
export async function rememberUse(context: Context, host: string): Promise<void> {
  const used = usedHosts(context);
  if (used.includes(host)) return;
  await context.extension.globalState.update(USED, [host, ...used].slice(0, MOST_USED));
}

/** Whether a person has used the host or configured it, for ssh or in the settings. */
export async function isKnownHost(context: Context, host: string): Promise<boolean> {
  const known = [...usedHosts(context), ...recentHosts(context), preferredHost()];
  return known.includes(host) || (await configuredAliases()).includes(host);
}

/** The aliases of the ssh configuration that is used. */
export function configuredAliases(): Promise<string[]> {
  const file = setting('ssh.configFile') || path.join(homedir(), '.ssh', 'config');
  return sshAliases(file, (name) => readFile(name, 'utf8'));
}

const EDITING = 'editingHost';

/** The host whose compiler and kernel answer while BPF source is edited; undefined before there is one. */
export function editingHost(context: Context): string | undefined {
  const chosen = context.extension.workspaceState.get<string>(EDITING);
  const preferred = preferredHost();
  return chosen ?? (preferred === '' ? recentHosts(context)[0] : preferred);
}

export const chooseEditingHost = (context: Context, host: string): Thenable<void> =>
  context.extension.workspaceState.update(EDITING, host);
