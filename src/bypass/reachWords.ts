import * as l10n from '@vscode/l10n';
import type { LiveConfig, Reach } from './config.ts';
import type { NetworkNamespaces } from './namespaces.ts';

/** For a status, a list or a notification: completes "bypasses connections …". */
export const REACH_LABELS: Readonly<Record<LiveConfig['reach'], string>> = {
  get namespace() {
    return l10n.t('within each network namespace');
  },
  get host() {
    return l10n.t('between network namespaces, too');
  },
};

/** The choices of a person, the safe one first. */
export const REACH_CHOICES: Readonly<Record<Reach, string>> = {
  get namespace() {
    return l10n.t('Within each network namespace');
  },
  get host() {
    return l10n.t('Between containers of this host');
  },
};

/** The consequences of changing to one, for programs that run. */
export const reachDetail = (reach: Reach): string =>
  reach === 'namespace'
    ? l10n.t('Connections between network namespaces go over TCP.')
    : l10n.t('Filters, policies, shaping and captures between containers no longer see the bytes.');

/** The functions that reach `host` takes away. */
export const reachHostDetail = (): string =>
  l10n.t(
    'Packet filters, network policies, traffic shaping, accounting and captures between the two ends no longer see the bytes; they are still asked when a connection is made.',
  );

/** The question about reach, for cgroups whose processes are in several network namespaces. */
export function reachQuestion(
  host: string,
  { count, capped, userOwned }: NetworkNamespaces,
): { message: string; detail: string } {
  const users =
    userOwned === 1
      ? l10n.t(
          'One of them is in a user namespace, as rootless containers are: it is never bypassed to others.',
        )
      : l10n.t(
          '{0} of them are in a user namespace, as rootless containers are: those are never bypassed to others.',
          userOwned,
        );
  return {
    message: l10n.t('Bypass connections between containers of {0}, too?', host),
    detail: [
      [
        capped
          ? l10n.t(
              'The processes of the chosen cgroups are in at least {0} network namespaces, as those of containers are.',
              count,
            )
          : l10n.t(
              'The processes of the chosen cgroups are in {0} network namespaces, as those of containers are.',
              count,
            ),
        ...(userOwned === 0 ? [] : [users]),
      ].join(' '),
      l10n.t('{0}: connections from one to another stay on TCP.', REACH_CHOICES.namespace),
      l10n.t(
        '{0}: these are bypassed, too, through bridges, published ports and service addresses. {1}',
        REACH_CHOICES.host,
        reachHostDetail(),
      ),
    ].join('\n\n'),
  };
}

/** Whether there is anything to choose: connections from one namespace to another. */
export const hasReachToChoose = ({ count, capped }: NetworkNamespaces): boolean =>
  count > 1 || capped;

/** For a load that was to reach between namespaces on a kernel that lacks what it needs. */
export const reachImpossible = (host: string): string =>
  l10n.t(
    'On the kernel of {0} the programs cannot tell which sockets of two network namespaces belong together (it takes Linux 5.15 or newer, with its types): the bypass stays within each network namespace.',
    host,
  );
