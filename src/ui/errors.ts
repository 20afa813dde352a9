import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { HostError } from '../host/errors.ts';
import type { Reports } from './reports.ts';
import { connectInTerminal, openTerminal } from './terminal.ts';
import { showFailure } from './window.ts';

/**
 * Shows a person what failed, with the next step as a button where there is one.
 * @param goOn takes up again what has failed, once there is a connection to the host.
 */
export async function showError(
  context: Context,
  reports: Reports,
  error: unknown,
  goOn: (host: string) => void,
): Promise<void> {
  if (!(error instanceof HostError)) {
    await showFailure(error instanceof Error ? error.message : String(error));
    return;
  }
  const { kind, tried, where, words, remedy } = error.problem;
  const actions = new Map<string, () => Promise<void>>();
  if (remedy !== undefined && where !== undefined) {
    actions.set(vscode.l10n.t('Fix in Terminal'), async () => {
      await openTerminal(await context.host(where), remedy);
    });
  }
  if (where !== undefined && (kind === 'authentication' || kind === 'host-key')) {
    actions.set(vscode.l10n.t('Connect in Terminal'), async () => {
      if (await connectInTerminal(await context.host(where))) goOn(where);
    });
  }
  if (words.trim().includes('\n') || !error.message.includes(words.trim())) {
    actions.set(vscode.l10n.t('Show Full Log'), () =>
      reports.show(vscode.l10n.t('Could not {0}', tried), words),
    );
  }
  const chosen = await showFailure(error.message, ...actions.keys());
  if (chosen !== undefined) await actions.get(chosen)?.();
}
