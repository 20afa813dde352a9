import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { HostError } from '../host/errors.ts';
import { collectFacts } from '../host/facts.ts';
import { hostIssues } from '../host/issues.ts';
import { chooseEditingHost } from '../workspace/knownHosts.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { openTerminal } from '../ui/terminal.ts';
import { showInformation } from '../ui/window.ts';
import { hostArgument, readHostArgument } from './arguments.ts';

/** Restart clangd on host. */
export async function restartClangd(app: App): Promise<void> {
  await withProgress(vscode.l10n.t('Starting clangd'), () => app.language.restart());
}

/** Choose host for BPF source: of clangd, and of what is verified on saving. */
export async function chooseHost(app: App, argument: unknown): Promise<void> {
  const given = await readHostArgument(app, hostArgument, argument);
  const host = given?.host ?? (await pickHost(app, vscode.l10n.t('Host for BPF source'), argument));
  if (host === undefined) return;
  await chooseEditingHost(app, host);
  app.verifier.followEditingHost();
  await restartClangd(app);
}

/** Install clangd on host: in a terminal there, where a person sees what is done. */
export async function installClangd(app: App, argument: unknown): Promise<void> {
  const given = await readHostArgument(app, hostArgument, argument);
  const name = given?.host ?? (await pickHost(app, vscode.l10n.t('Install clangd'), argument));
  if (name === undefined) return;
  const host = await app.host(name);
  const facts = await withProgress(vscode.l10n.t('Checking {0}', name), (_report, signal) =>
    collectFacts(host, { root: false, signal }),
  );
  const missing = hostIssues(facts).find(({ id }) => id === 'clangd');
  if (missing === undefined) {
    await restartClangd(app);
    return;
  }
  if (missing.remedy === undefined) {
    throw new HostError({
      kind: 'not-found',
      tried: vscode.l10n.t('install clangd'),
      where: name,
      words: vscode.l10n.t('no package of it is known for {0}', facts.distribution.name),
      next: vscode.l10n.t('Install it, then restart clangd.'),
    });
  }
  await openTerminal(host, missing.remedy);
  void showInformation(
    vscode.l10n.t('Once clangd is installed on {0}, it starts with the next file you save.', name),
  );
}
