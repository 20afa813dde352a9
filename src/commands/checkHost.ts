import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { checkHostAndKept, type KeptCheck } from '../bypass/checkKept.ts';
import { showFindings } from '../ui/hostIssues.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { hostArgument, readHostArgument } from './arguments.ts';

/** Check host. */
export async function checkHostCommand(
  context: Context,
  argument: unknown,
): Promise<KeptCheck | undefined> {
  const given = await readHostArgument(context, hostArgument, argument);
  const name = given?.host ?? (await pickHost(context, vscode.l10n.t('Check host'), argument));
  if (name === undefined) return undefined;
  const host = await context.host(name);
  const check = await withProgress(vscode.l10n.t('Checking {0}', name), (_report, signal) =>
    checkHostAndKept(host, signal),
  );
  void showFindings(context, name, check);
  return check;
}
