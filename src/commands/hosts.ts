import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { BypassStatus } from '../bypass/attachment.ts';
import { BypassNode, CgroupNode, HostNode } from '../ui/hostNodes.ts';
import { pickHost } from '../ui/pickers.ts';
import { Pointed } from '../ui/pointed.ts';
import { openTerminal } from '../ui/terminal.ts';
import { pickOne } from '../ui/quickPick.ts';
import { confirm, showInformation } from '../ui/window.ts';
import { originText } from '../ui/hostOrigin.ts';
import { forgetHost, isRemembered, listHosts } from '../workspace/knownHosts.ts';
import { takeFromBypass } from './cgroups.ts';
import { configure } from './configure.ts';
import { unload } from './unload.ts';

/** Refresh hosts: the list and what was read of those that are expanded, or one that was pointed at. */
export async function refreshHosts(app: App, argument: unknown): Promise<void> {
  await app.hosts.refresh(argument instanceof Pointed ? argument.host : undefined);
}

/** Remove host: from the list, with the connection to it. What is loaded there stays. */
export async function removeHost(app: App, argument: unknown): Promise<void> {
  const host = argument instanceof Pointed ? argument.host : await pickRemembered(app);
  if (host === undefined) return;
  await forgetHost(app, host);
  await app.drop(host);
  app.hosts.relist();
}

/** Asks for one of those that can be removed; the others are in a configuration. */
async function pickRemembered(app: App): Promise<string | undefined> {
  const hosts = (await listHosts(app)).filter(({ name }) => isRemembered(app, name));
  if (hosts.length === 0) {
    void showInformation(vscode.l10n.t('No host was used yet that could be removed.'));
    return undefined;
  }
  const items = hosts.map(({ name, origin }) => ({ label: name, description: originText(origin) }));
  const chosen = await pickOne(items, {
    title: vscode.l10n.t('Remove host'),
    placeHolder: vscode.l10n.t(
      'Choose a host to remove from the list; what is loaded there stays loaded',
    ),
  });
  return chosen?.label;
}

/** Open terminal on host. */
export async function openHostTerminal(app: App, argument: unknown): Promise<void> {
  const host = await pickHost(app, vscode.l10n.t('Open terminal on host'), argument);
  if (host !== undefined) await openTerminal(await app.host(host));
}

/** Copy name: of the host, or the path of the cgroup. */
export async function copyName(_app: App, argument: unknown): Promise<void> {
  if (!(argument instanceof Pointed)) return;
  await vscode.env.clipboard.writeText(argument.cgroup ?? argument.host);
}

/** Switch bypass off: all goes over TCP, and the programs stay loaded. */
export const switchOff = (app: App, argument: unknown): Promise<BypassStatus | undefined> =>
  change(app, argument, 'off');

/** Switch bypass on. */
export const switchOn = (app: App, argument: unknown): Promise<BypassStatus | undefined> =>
  change(app, argument, 'guarded');

async function change(
  app: App,
  argument: unknown,
  mode: 'off' | 'guarded',
): Promise<BypassStatus | undefined> {
  if (!(argument instanceof Pointed) || argument.cgroup === undefined) return undefined;
  return configure(app, { host: argument.host, cgroup: argument.cgroup, mode });
}

/** Change focused bypass: F2 in the hosts view. */
export async function changeFocused(app: App): Promise<BypassStatus | undefined> {
  const row = await app.hosts.focused();
  const isChangeable =
    row instanceof CgroupNode || (row instanceof BypassNode && row.attachment.config !== undefined);
  return isChangeable ? configure(app, new Pointed(row.host, row.cgroup)) : undefined;
}

/** Remove focused entry: Delete in the hosts view. A key is pressed by mistake sooner than a menu is. */
export async function removeFocused(app: App): Promise<unknown> {
  const row = await app.hosts.focused();
  if (row instanceof HostNode && row.isRemembered) return removeHost(app, new Pointed(row.host));
  if (!(row instanceof BypassNode || row instanceof CgroupNode) || row.cgroup === undefined)
    return undefined;
  const { host, cgroup } = row;
  const isWhole = row instanceof BypassNode;
  const agrees = await confirm(
    isWhole
      ? vscode.l10n.t('Unload the sockmap bypass of {0} on {1}?', cgroup, host)
      : vscode.l10n.t('Remove {0} from the sockmap bypass on {1}?', cgroup, host),
    {
      detail: vscode.l10n.t('New connections there use TCP/IP.'),
      go: isWhole ? vscode.l10n.t('Unload') : vscode.l10n.t('Remove'),
      stay: vscode.l10n.t('Keep'),
    },
  );
  if (!agrees) return undefined;
  return isWhole ? unload(app, { host, cgroup }) : takeFromBypass(app, { host, cgroup });
}
