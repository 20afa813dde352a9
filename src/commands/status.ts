import * as vscode from 'vscode';
import { bypassStatus } from '../bypass/load.ts';
import type { BypassStatus } from '../bypass/attachment.ts';
import type { App } from '../app.ts';
import { copyInUse, nameOfCopy } from '../workspace/copy.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { statusReport } from '../bypass/statusReport.ts';
import { hostArgument, readHostArgument } from './arguments.ts';

/** Show bypass status. */
export async function status(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, hostArgument, argument);
  const host = given?.host ?? (await pickHost(app, vscode.l10n.t('Show bypass status'), argument));
  if (host === undefined) return undefined;
  const answer = await withProgress(
    vscode.l10n.t('Reading the bypass status of {0}', host),
    async (_report, signal) => bypassStatus(await app.host(host), signal),
  );
  app.statusBar.show(answer);
  const copy = await copyInUse('guarded');
  await app.reports.show(
    vscode.l10n.t('Bypass status of {0}', host),
    statusReport(answer, copy && nameOfCopy(copy)),
  );
  return answer;
}
