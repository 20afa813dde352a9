import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { briefly, HostError } from '../host/errors.ts';
import { placeOf } from './errorPlace.ts';
import type { Reports } from './reports.ts';
import { editableSource } from '../workspace/editableSource.ts';
import { connectInTerminal, openTerminal } from './terminal.ts';
import { showFailure } from './window.ts';

/**
 * Shows a person what failed, with the next steps as buttons.
 * @param retry does the same again, on the host where it failed; undefined where nothing can.
 */
export async function showError(
  context: Context,
  reports: Reports,
  error: unknown,
  retry?: (host?: string) => Promise<unknown>,
): Promise<void> {
  const actions = new Map<string, () => PromiseLike<unknown>>();
  const message = messageOf(error);
  if (error instanceof HostError) await addSteps(actions, context, reports, error, retry);
  else {
    if (retry !== undefined) actions.set(vscode.l10n.t('Retry'), () => retry());
    actions.set(vscode.l10n.t('Show Output'), showOutput(context));
  }
  actions.set(vscode.l10n.t('Copy Diagnostics'), () =>
    vscode.commands.executeCommand('sockmapBypass.copyDiagnostics'),
  );
  const chosen = await showFailure(message, ...actions.keys());
  if (chosen !== undefined) await actions.get(chosen)?.();
}

const messageOf = (error: unknown): string =>
  error instanceof HostError
    ? briefly(error.problem)
    : error instanceof Error
      ? error.message
      : String(error);

async function addSteps(
  actions: Map<string, () => PromiseLike<unknown>>,
  context: Context,
  reports: Reports,
  error: HostError,
  retry: ((host?: string) => Promise<unknown>) | undefined,
): Promise<void> {
  const { kind, tried, where, words, remedy } = error.problem;
  if (remedy !== undefined && where !== undefined) {
    actions.set(vscode.l10n.t('Fix in Terminal'), async () => {
      await openTerminal(await context.host(where), remedy);
    });
  }
  if (where !== undefined && (kind === 'authentication' || kind === 'host-key')) {
    actions.set(vscode.l10n.t('Connect in Terminal'), async () => {
      if (await connectInTerminal(await context.host(where))) await retry?.(where);
    });
  }
  const go = kind === 'compile' || kind === 'verifier' ? await wayTo(words) : undefined;
  if (go !== undefined) actions.set(vscode.l10n.t('Go to Line'), go);
  // The same argument would be as wrong.
  if (retry !== undefined && kind !== 'input') {
    actions.set(vscode.l10n.t('Retry'), () =>
      retry(where !== undefined && context.knows(where) ? where : undefined),
    );
  }
  if (words.trim().includes('\n') || !messageOf(error).includes(words.trim())) {
    actions.set(vscode.l10n.t('Show Full Log'), () =>
      reports.show(vscode.l10n.t('Could not {0}', tried), words),
    );
  } else actions.set(vscode.l10n.t('Show Output'), showOutput(context));
}

/** Opens the line that the words name; undefined where they name none of a source that a person can edit. */
async function wayTo(words: string): Promise<(() => PromiseLike<unknown>) | undefined> {
  const place = placeOf(words);
  if (place === undefined) return undefined;
  const uri = await editableSource(place.file);
  if (uri === undefined) return undefined;
  const at = new vscode.Position(Math.max(0, place.line - 1), Math.max(0, place.column - 1));
  return () => vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at) });
}

const showOutput = (context: Context) => (): Promise<void> => {
  context.log.show();
  return Promise.resolve();
};
