import * as vscode from 'vscode';
import type { Reach } from '../bypass/config.ts';
import { networkNamespaces, type NetworkNamespaces } from '../bypass/namespaces.ts';
import {
  hasReachToChoose,
  REACH_CHOICES,
  reachImpossible,
  reachQuestion,
} from '../bypass/reachWords.ts';
import type { Context } from '../context.ts';
import { withProgress } from '../ui/progress.ts';
import { choose, showWarning } from '../ui/window.ts';
import { readReach } from '../workspace/checkedSettings.ts';

/**
 * The reach of a load of the guarded programs. A person is asked only where it makes a difference, and where
 * neither the argument nor the setting says it.
 * @param given of the argument. @param ask whether there is a person to ask.
 * @returns undefined where they have closed the question.
 */
export async function decideReach(
  context: Context,
  { host, cgroups }: { host: string; cgroups: readonly string[] },
  given: Reach | undefined,
  ask: boolean,
): Promise<Reach | undefined> {
  const wanted = given ?? readReach() ?? (ask ? undefined : 'namespace');
  if (wanted === 'namespace') return wanted;
  const found = await look(context, host, cgroups);
  if (wanted === undefined && !hasReachToChoose(found)) return 'namespace';
  if (!found.canReachHost) {
    void showWarning(reachImpossible(host));
    return 'namespace';
  }
  return wanted ?? askForReach(host, found);
}

const look = (
  context: Context,
  name: string,
  cgroups: readonly string[],
): Promise<NetworkNamespaces> =>
  withProgress(
    vscode.l10n.t('Looking for network namespaces on {0}', name),
    async (_report, signal) => networkNamespaces(await context.host(name), cgroups, signal),
  );

/** Titles of buttons are written so. */
const title = (text: string): string =>
  text.replace(/\b(?!of\b)[a-z]/g, (one) => one.toUpperCase());

async function askForReach(host: string, found: NetworkNamespaces): Promise<Reach | undefined> {
  const { message, detail } = reachQuestion(host, found);
  const safe = title(REACH_CHOICES.namespace);
  const chosen = await choose(message, { detail, safe, other: title(REACH_CHOICES.host) });
  if (chosen === undefined) return undefined;
  return chosen === 'safe' ? 'namespace' : 'host';
}
