import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { maskedDiagnostics, platform, type DiagnosedHost } from '../ui/diagnosticsText.ts';
import { withProgress } from '../ui/progress.ts';
import { showInformation } from '../ui/window.ts';
import { listHosts } from '../workspace/knownHosts.ts';

/** In which a host has to answer: diagnostics are wanted where something does not. */
const PATIENCE_MS = 10_000;

/**
 * Copy diagnostics: what a report of a fault needs, with hosts, users, addresses and secrets masked.
 * @returns what is in the clipboard then.
 */
export async function copyDiagnostics(app: App): Promise<string> {
  const hosts = await withProgress(
    vscode.l10n.t('Reading the facts of the hosts'),
    (_report, signal) => Promise.all(app.workedHosts().map((name) => factsOf(app, name, signal))),
  );
  const known = [...hosts, ...(await listHosts(app))].map(({ name }) => name);
  const manifest: unknown = app.extension.extension.packageJSON;
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : '';
  const text = maskedDiagnostics(
    {
      versions: {
        'Sockmap Bypass': version,
        editor: `${vscode.env.appName} ${vscode.version}`,
        'extension host': `${vscode.env.remoteName ?? 'local'}, ${platform()}`,
      },
      problem: app.lastProblem,
      hosts,
      log: app.lastLines.text,
    },
    known,
  );
  await vscode.env.clipboard.writeText(text);
  const show = vscode.l10n.t('Show');
  void showInformation(
    vscode.l10n.t(
      'Diagnostics are in the clipboard. Hosts, users, addresses and secrets are masked: review them before you share them.',
    ),
    show,
  ).then((chosen) =>
    chosen === show ? app.reports.show(vscode.l10n.t('Diagnostics'), text) : undefined,
  );
  return text;
}

async function factsOf(app: App, name: string, signal: AbortSignal): Promise<DiagnosedHost> {
  const { collectFacts } = await import('../host/facts.ts');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return {
      name,
      facts: await collectFacts(await app.host(name), { root: false, signal: limit }),
    };
  } catch {
    return { name, facts: undefined };
  }
}
