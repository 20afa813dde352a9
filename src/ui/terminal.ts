import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Host } from '../host/host.ts';
import { withProgress } from './progress.ts';
import { showTerminal } from './window.ts';

/** Opens a terminal on the host; the command is shown and run there, and the shell stays. */
export async function openTerminal(host: Host, command?: string): Promise<vscode.Terminal> {
  return showTerminal(`Sockmap: ${host.name}`, await host.terminal(command));
}

/** Between two looks whether a person has logged in. */
const LOOK_MS = 500;

/**
 * Opens a terminal in which a person logs in, and waits until they have.
 * @returns whether there is a connection; not where they closed the terminal, or do not want to wait.
 */
export async function connectInTerminal(host: Host): Promise<boolean> {
  const terminal = await openTerminal(host);
  const title = vscode.l10n.t('Log in to {0} in the terminal', host.name);
  return withProgress(title, async (report, signal) => {
    report(vscode.l10n.t('What was interrupted continues by itself.'));
    while (!signal.aborted && terminal.exitStatus === undefined) {
      if (await host.isConnected()) return true;
      // The next round finds that it was cancelled.
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  });
}
