import * as vscode from 'vscode';
import { isAttached, type BypassStatus } from '../bypass/attachment.ts';
import type { Context } from '../context.ts';
import type { StatusBar } from './statusBar.ts';

const KEY = 'loadedHosts';
/** Each is a connection when a window opens. */
const MOST = 5;

function remembered({ extension }: Context): string[] {
  const kept: unknown = extension.workspaceState.get(KEY);
  return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
}

/** Remembers where something is loaded: which hosts to ask when the window comes back, not what is there. */
export async function rememberLoaded(context: Context, status: BypassStatus): Promise<void> {
  const { host, attachments } = status;
  const before = remembered(context);
  const others = before.filter((one) => one !== host);
  const hosts = attachments.some(isAttached) ? [host, ...others].slice(0, MOST) : others;
  if (hosts.join('\n') === before.join('\n')) return;
  await context.extension.workspaceState.update(KEY, hosts);
}

/**
 * Reads the hosts on which this window last had something loaded. It asks for nothing: a host that would is
 * shown as not read. Never rejects.
 */
export async function readLastLoaded(context: Context, statusBar: StatusBar): Promise<void> {
  await Promise.all(
    remembered(context).map(async (name) => {
      try {
        const host = await context.host(name);
        const privilege = await host.privilege();
        if (privilege === 'root' || privilege === 'sudo') {
          const { bypassStatus } = await import('../bypass/load.ts');
          statusBar.show(await bypassStatus(host));
          return;
        }
        const reason = vscode.l10n.t('sudo asks for a password there');
        statusBar.showUnread({ host: name, reason });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        context.log.warn(reason);
        statusBar.showUnread({ host: name, reason });
      }
    }),
  );
}
