import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { safeDestination, stepBefore } from '../host/destination.ts';
import { cancelled, HostError } from '../host/errors.ts';
import { isKnownHost, rememberUse } from '../workspace/knownHosts.ts';
import { listed, oneLine } from '../text.ts';
import { confirm } from './window.ts';

interface NamedHost {
  readonly host: string;
  readonly cgroups?: readonly string[] | undefined;
  /**
   * The file or task of the workspace that names it; undefined: a command's argument, which is the
   * person's own (a keybinding) or another extension's.
   */
  readonly by?: string | undefined;
}

/**
 * Has a person agree before a connection to a host that something else than the person has named: what
 * is done there is done as root. A host that was used or configured is known; this machine, which
 * needs no connection, is known to commands.
 * @throws HostError where the workspace is not trusted, or the person does not agree.
 */
export async function agreeToHost(
  context: Context,
  { host, cgroups = [], by }: NamedHost,
): Promise<void> {
  if (host !== 'local') safeDestination(host);
  const step = stepBefore({
    host,
    by,
    isTrusted: vscode.workspace.isTrusted,
    isKnown: await isKnownHost(context, host),
  });
  if (step === 'refuse') throw untrusted(host, by);
  if (step === 'ask') {
    const agrees = await confirm(vscode.l10n.t('Connect to {0}?', host), {
      detail: [
        namedWords({ host, cgroups, by }),
        host === 'local'
          ? vscode.l10n.t('That is this machine, where you have not used the bypass yet.')
          : vscode.l10n.t(
              'You have not used it from here, and it is not in your ssh configuration.',
            ),
        vscode.l10n.t('What is loaded and measured there is run as root.'),
      ].join(' '),
      go: vscode.l10n.t('Connect'),
      stay: vscode.l10n.t('Do Not Connect'),
    });
    if (!agrees) throw cancelled('connect', host);
  }
  await rememberUse(context, host);
}

function namedWords({ host, cgroups = [], by }: NamedHost): string {
  const who = by === undefined ? vscode.l10n.t('The argument of the command') : oneLine(by, 100);
  switch (cgroups.length) {
    case 0:
      return vscode.l10n.t('{0} names the host {1}.', who, host);
    case 1:
      return vscode.l10n.t(
        '{0} names the host {1}, and the cgroup {2}.',
        who,
        host,
        listed(cgroups),
      );
    default:
      return vscode.l10n.t(
        '{0} names the host {1}, and the cgroups {2}.',
        who,
        host,
        listed(cgroups),
      );
  }
}

function untrusted(host: string, by: string | undefined): HostError {
  return new HostError({
    kind: 'input',
    tried: 'connect',
    where: host,
    words:
      by === undefined
        ? vscode.l10n.t(
            'this workspace is not trusted, and the host was neither used before nor configured',
          )
        : vscode.l10n.t('this workspace is not trusted, and {0} names the host', by),
    next: vscode.l10n.t(
      'Trust the workspace first, or run the command from the palette and choose the host yourself.',
    ),
  });
}
