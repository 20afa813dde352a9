import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { likelyFirst } from '../workspace/hostList.ts';
import { listHosts, rememberHost } from '../workspace/knownHosts.ts';
import { originText } from './hostOrigin.ts';
import { Pointed } from './pointed.ts';
import { pickMany, pickOrType, type Item } from './quickPick.ts';

/**
 * Asks for a host: the ones used before, the aliases of the ssh configuration, or any other.
 * @param pointed the command's argument: a host that a person pointed at is not asked for.
 */
export async function pickHost(
  context: Context,
  title: string,
  pointed?: unknown,
): Promise<string | undefined> {
  if (pointed instanceof Pointed) return pointed.host;
  const items = await hostItems(context);
  const host = await pickOrType(items, {
    title,
    placeholder: vscode.l10n.t('Choose a host, or type user@host'),
    typed: (value) => ({
      icon: 'edit',
      label: vscode.l10n.t('Another host'),
      detail: value,
      value,
    }),
  });
  if (host !== undefined) await rememberHost(context, host);
  return host;
}

/** Asks for several of the known hosts. @param picked those that are ticked at first. */
export async function pickHosts(
  context: Context,
  title: string,
  picked: readonly string[] = [],
): Promise<string[] | undefined> {
  const items = (await hostItems(context)).map((item) => ({
    ...item,
    picked: picked.includes(item.value),
  }));
  const chosen = await pickMany(items, { title, placeHolder: vscode.l10n.t('Choose hosts') });
  return chosen?.map(({ value }) => value);
}

async function hostItems(context: Context): Promise<Item<string>[]> {
  return likelyFirst(await listHosts(context)).map(({ name, origin }): Item<string> => ({
    label: name,
    description: originText(origin),
    value: name,
  }));
}
