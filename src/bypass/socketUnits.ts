import * as l10n from '@vscode/l10n';
import type { Host } from '../host/host.ts';
import type { HostIssue } from '../host/issues.ts';
import { listed } from '../text.ts';

/**
 * Finds services for which systemd listens: a connection is of the cgroup in which its listening socket was made, so
 * what such a socket accepts stays on TCP.
 * @param places units or paths of cgroups; those of no service are left out.
 * @returns a finding for each such service; empty also where systemd does not run.
 * @throws HostError where the host cannot be reached.
 */
export async function socketIssues(
  host: Host,
  places: readonly string[],
  signal?: AbortSignal,
): Promise<HostIssue[]> {
  const services = places
    .map((place) => place.slice(place.lastIndexOf('/') + 1))
    .filter((name) => UNIT.test(name) && name.endsWith('.service'));
  if (services.length === 0) return [];
  const argv = ['systemctl', 'show', '--property=Id,TriggeredBy', '--', ...new Set(services)];
  const { exitCode, stdout } = await host.run(argv, { tried: l10n.t('read units'), signal });
  return exitCode === 0 ? parseListened(stdout).map(issueOf) : [];
}

/** Names of units that need no quotes anywhere. */
const UNIT = /^[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]*$/;

/** Reads `systemctl show`, which prints an empty line between units. */
export const parseListened = (text: string): { service: string; sockets: string[] }[] =>
  text.split('\n\n').flatMap((unit) => {
    const service = /^Id=(.*)$/m.exec(unit)?.[1] ?? '';
    const triggers = /^TriggeredBy=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
    const sockets = triggers.filter((name) => UNIT.test(name) && name.endsWith('.socket'));
    return UNIT.test(service) && sockets.length > 0 ? [{ service, sockets }] : [];
  });

const issueOf = ({ service, sockets }: { service: string; sockets: string[] }): HostIssue => ({
  id: 'socket-unit',
  severity: 'warns',
  prevents: [],
  wrong: l10n.t('{0} listens for {1}: what it accepts stays on TCP.', listed(sockets), service),
  next: l10n.t('Keep a slice that both are in, such as {0}.', 'system.slice'),
});
