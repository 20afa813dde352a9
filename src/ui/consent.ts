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
    const place =
      cgroups.length === 0
        ? ''
        : `, and the cgroup${cgroups.length === 1 ? '' : 's'} ${listed(cgroups)}`;
    const agrees = await confirm(`Connect to ${host}?`, {
      detail: [
        `${by === undefined ? 'The argument of the command' : oneLine(by, 100)} names the host ${host}${place}.`,
        host === 'local'
          ? 'That is this machine, where you have not used the bypass yet.'
          : 'You have not used it from here, and it is not in your ssh configuration.',
        'What is loaded and measured there is run as root.',
      ].join(' '),
      go: 'Connect',
      stay: 'Do Not Connect',
    });
    if (!agrees) throw cancelled('connect', host);
  }
  await rememberUse(context, host);
}

function untrusted(host: string, by: string | undefined): HostError {
  return new HostError({
    kind: 'input',
    tried: 'connect',
    where: host,
    words: `this workspace is not trusted, and ${by === undefined ? 'the host was neither used before nor configured' : `${by} names the host`}`,
    next: 'Trust the workspace first, or run the command from the palette and choose the host yourself.',
  });
}
