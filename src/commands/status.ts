import * as vscode from 'vscode';
import { bypassStatus } from '../bypass/load.ts';
import type { BypassStatus } from '../bypass/attachment.ts';
import type { App } from '../app.ts';
import { copyInUse, nameOfCopy } from '../workspace/copy.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { readLabels } from '../ui/readLoaded.ts';
import { statusReport } from '../bypass/statusReport.ts';
import { hostArgument, readHostArgument, text } from './arguments.ts';

const pageArgument = hostArgument.extend({ cgroup: text.optional() });

/** Show bypass status: the live page of a host. */
export async function status(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  return openLivePage(app, argument);
}

/** The same, of one of the bypasses of a host where it has several. */
export async function openLivePage(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, pageArgument, argument);
  const answer = await read(app, given?.host, argument);
  if (answer !== undefined) await app.livePages.open(answer, given?.cgroup);
  return answer;
}

/** Show bypass status as text. */
export async function showStatusReport(
  app: App,
  argument: unknown,
): Promise<BypassStatus | undefined> {
  const given = await readHostArgument(app, pageArgument, argument);
  const answer = await read(app, given?.host, argument);
  if (answer === undefined) return undefined;
  const labels = await withProgress(
    vscode.l10n.t('Reading the bypass status of {0}', answer.host),
    async (_report, signal) => readLabels(await app.host(answer.host), answer, signal),
  );
  const copy = await copyInUse('guarded');
  await app.reports.show(
    vscode.l10n.t('Bypass status of {0}', answer.host),
    statusReport(answer, copy && nameOfCopy(copy), labels),
  );
  return answer;
}

async function read(
  app: App,
  named: string | undefined,
  pointed: unknown,
): Promise<BypassStatus | undefined> {
  const host = named ?? (await pickHost(app, vscode.l10n.t('Show bypass status'), pointed));
  if (host === undefined) return undefined;
  const answer = await withProgress(
    vscode.l10n.t('Reading the bypass status of {0}', host),
    async (_report, signal) => bypassStatus(await app.host(host), signal),
  );
  app.statusBar.show(answer);
  return answer;
}
