import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Context } from '../context.ts';
import { sshAliases } from '../host/sshConfig.ts';
import { hostList, movedToFront, storedNames, type ListedHost } from './hostList.ts';
import { setting } from './settings.ts';

/** The host of the settings; empty where none is set. */
const preferredHost = (): string => setting('host');

/*
 * Three lists are kept: hosts that worked rank, hosts a person has asked for are listed below them, and hosts
 * that were agreed to are connected to without a question.
 */
const WORKED = 'workedHosts';
const ASKED = 'recentHosts';
const AGREED = 'usedHosts';
const MOST: Readonly<Record<string, number>> = { [WORKED]: 20, [ASKED]: 20, [AGREED]: 1000 };

const stored = (context: Context, key: string): readonly string[] =>
  storedNames(context.extension.globalState.get<unknown>(key), MOST[key] ?? 0);

const remember = (context: Context, key: string, host: string): Thenable<void> =>
  context.extension.globalState.update(
    key,
    movedToFront(stored(context, key), host, MOST[key] ?? 0),
  );

/** A person has chosen it. One that has worked before is the last one used; another first has to. */
export async function rememberHost(context: Context, host: string): Promise<void> {
  await remember(context, ASKED, host);
  await rememberUse(context, host);
  if (stored(context, WORKED).includes(host)) await rememberWorked(context, host);
}

/** A command has run there. */
export async function rememberWorked(context: Context, host: string): Promise<void> {
  if (stored(context, WORKED)[0] === host) return;
  await remember(context, WORKED, host);
}

/** A person chose it, or agreed to it. */
export async function rememberUse(context: Context, host: string): Promise<void> {
  if (!stored(context, AGREED).includes(host)) await remember(context, AGREED, host);
}

/** The hosts that a person chose or agreed to, the latest first. */
export const usedHosts = (context: Context): readonly string[] => stored(context, AGREED);

/** Forgets that a host was chosen, worked or was agreed to. */
export async function forgetHost(context: Context, host: string): Promise<void> {
  for (const key of [WORKED, ASKED, AGREED]) {
    const others = stored(context, key).filter((one) => one !== host);
    await context.extension.globalState.update(key, others);
  }
}

/** Whether `forgetHost` takes anything from the lists that a person sees. */
export const isRemembered = (context: Context, host: string): boolean =>
  [WORKED, ASKED].some((key) => stored(context, key).includes(host));

/** Whether a person has used the host or configured it, for ssh or in the settings. */
export async function isKnownHost(context: Context, host: string): Promise<boolean> {
  const known = [AGREED, ASKED].flatMap((key) => stored(context, key));
  return [...known, preferredHost()].includes(host) || (await configuredAliases()).includes(host);
}

/** The aliases of the ssh configuration that is used. */
function configuredAliases(): Promise<string[]> {
  const file = setting('ssh.configFile') || path.join(homedir(), '.ssh', 'config');
  return sshAliases(file, (name) => readFile(name, 'utf8'));
}

/** All hosts there are to choose from, this machine first where it is one of them. */
export const listHosts = async (context: Context): Promise<ListedHost[]> =>
  hostList({
    preferred: preferredHost(),
    worked: stored(context, WORKED),
    asked: stored(context, ASKED),
    configured: await configuredAliases(),
    hasLocal: process.platform === 'linux',
  });

const EDITING = 'editingHost';

/** The host whose compiler and kernel answer while BPF source is edited; undefined before there is one. */
export function editingHost(context: Context): string | undefined {
  const [chosen] = storedNames([context.extension.workspaceState.get<unknown>(EDITING)], 1);
  const preferred = preferredHost();
  return chosen ?? (preferred === '' ? stored(context, WORKED)[0] : preferred);
}

export const chooseEditingHost = (context: Context, host: string): Thenable<void> =>
  context.extension.workspaceState.update(EDITING, host);
