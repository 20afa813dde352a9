import * as vscode from 'vscode';
import { unloadBypass } from '../bypass/load.ts';
import type { BypassStatus } from '../bypass/attachment.ts';
import type { App } from '../app.ts';
import { form } from '../ui/form.ts';
import { pickBypass } from '../ui/pickBypass.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { cgroupPath, listed } from '../text.ts';
import { showInformation } from '../ui/window.ts';
import { cgroupArgument, readHostArgument } from './arguments.ts';

/** Unload sockmap bypass. */
export async function unload(app: App, argument: unknown): Promise<BypassStatus | undefined> {
  const wanted =
    (await readHostArgument(app, cgroupArgument, argument)) ??
    (await form(() => ask(app, argument)));
  if (wanted === undefined) return undefined;
  const { host, cgroup } = wanted;
  const status = await withProgress(
    vscode.l10n.t('Unloading the sockmap bypass on {0}', host),
    async (report, signal) => {
      report(cgroup);
      return unloadBypass(await app.host(host), cgroup, signal);
    },
  );
  app.statusBar.show(status);
  void showInformation(offWords(host, cgroup, status.unloaded));
  return status;
}

/** A bypass goes from all of its cgroups, whichever was named. */
const offWords = (host: string, named: string, cgroups: readonly string[] = []): string =>
  cgroups.length > 1
    ? vscode.l10n.t(
        'The sockmap bypass is off, for all of its {0} cgroups. New connections use TCP/IP: {1} on {2}.',
        cgroups.length,
        listed(cgroups.map(cgroupPath)),
        host,
      )
    : vscode.l10n.t(
        'The sockmap bypass is off. New connections use TCP/IP: {0} on {1}.',
        cgroupPath(cgroups[0] ?? named),
        host,
      );

async function ask(
  app: App,
  argument: unknown,
): Promise<{ host: string; cgroup: string } | undefined> {
  const host = await pickHost(app, vscode.l10n.t('Unload sockmap bypass'), argument);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, vscode.l10n.t('Unload sockmap bypass'), {
    remains: true,
    next: vscode.l10n.t('There is nothing to unload.'),
  });
  return chosen && { host, cgroup: chosen.cgroup };
}
