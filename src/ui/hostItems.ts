import * as l10n from '@vscode/l10n';
import { ageText, localTraffic, localTrafficText } from '../assess/page/localTraffic.ts';
import { isAttached, type Attachment } from '../bypass/attachment.ts';
import { keptLine, keptState } from '../bypass/keptWords.ts';
import { shareWords } from '../bypass/shareWords.ts';
import { HostError, type ProblemKind } from '../host/errors.ts';
import { amount } from '../results/format.ts';
import { cgroupPath } from '../text.ts';
import {
  BypassNode,
  CgroupNode,
  HostNode,
  KeptNode,
  keyOf,
  labelOf,
  NoteNode,
  type HostViewNode,
  type Labels,
} from './hostNodes.ts';
import type { Assessed } from './assessed.ts';
import { originText } from './hostOrigin.ts';
import type { Row } from './window.ts';

/** The row of the hosts view for a node. */
export function rowOf(node: HostViewNode): Row {
  if (node instanceof HostNode) return hostRow(node);
  if (node instanceof BypassNode) return bypassRow(node);
  if (node instanceof CgroupNode) return cgroupRow(node);
  if (node instanceof KeptNode) return keptRow(node);
  return noteRow(node);
}

function hostRow({ host, listed, isRemembered, reading }: HostNode): Row {
  const isLocal = host === 'local';
  const loaded =
    reading.kind === 'read' ? reading.status.attachments.filter(isAttached).length : undefined;
  const state =
    reading.kind === 'failed'
      ? failureText(reading.error)
      : loaded === undefined
        ? originText(listed.origin)
        : loadedText(loaded);
  return {
    id: host,
    label: host,
    description: state,
    tooltip: [isLocal ? l10n.t('this machine') : host, originText(listed.origin)].join('\n'),
    icon: isLocal ? 'device-desktop' : reading.kind === 'failed' ? 'warning' : 'server',
    contextValue: isLocal ? 'host.local' : isRemembered ? 'host.used' : 'host',
    expands: 'collapsed',
  };
}

function loadedText(count: number): string {
  if (count === 0) return l10n.t('nothing loaded');
  return count === 1 ? l10n.t('1 bypass') : l10n.t('{0} bypasses', count);
}

function bypassRow(node: BypassNode): Row {
  const { host, attachment, labels, rate, cgroup = '' } = node;
  const { cgroups, sockets, maxSockets, config, state } = attachment;
  const others = cgroups.length - 1;
  const name = labelOf(labels, cgroup) ?? shortPath(cgroup);
  const isOff = !isAttached(attachment) || config?.mode === 'off';
  const rateText = rate === undefined ? undefined : l10n.t('{0}/s', amount(rate));
  const reach =
    config && (config.reach === 'host' ? l10n.t('whole host') : l10n.t('each namespace'));
  const share = config?.share === undefined ? undefined : shareWords(config.share);
  const count = sockets.toLocaleString('en');
  const socketsText = sockets === 1 ? l10n.t('1 socket') : l10n.t('{0} sockets', count);
  return {
    id: [host, keyOf(attachment)].join('\n'),
    label: others < 1 ? name : l10n.t('{0} and {1} more', name, others),
    // The path last: two cgroups may be called the same.
    description: [
      stateText(attachment),
      // Before what a narrow view has no place for.
      ...(node.kept === undefined ? [] : [l10n.t('kept')]),
      rateText,
      socketsText,
      reach,
      share,
      name === cgroupPath(cgroup) ? undefined : cgroupPath(cgroup),
    ]
      .filter((one) => one !== undefined)
      .join(' · '),
    tooltip: [
      ...cgroups.map((one) => withLabel(one, labels)),
      ...attachment.gone.map((one) => l10n.t('{0} (removed)', one)),
      l10n.t('Mode: {0}', stateText(attachment)),
      ...(reach === undefined ? [] : [l10n.t('Reach: {0}', reach)]),
      ...(share === undefined ? [] : [l10n.t('Share: {0}', share)]),
      l10n.t('Sockets: {0} of {1}', count, maxSockets.toLocaleString('en')),
      ...(rateText === undefined ? [] : [l10n.t('On the bypass: {0}', rateText)]),
      ...(node.kept === undefined ? [] : [l10n.t('Kept across reboots: {0}', keptLine(node.kept))]),
      ...trafficLines(node.assessed, cgroups),
    ].join('\n'),
    icon: state === 'loading' ? 'loading~spin' : isOff ? 'circle-slash' : iconOn(attachment),
    does: { command: 'sockmapBypass.openLivePage', arguments: [node] },
    contextValue: `${contextOf(attachment)}${node.kept === undefined ? '' : '-kept'}`,
    expands: others < 1 ? 'never' : 'collapsed',
  };
}

/** Classic programs cannot be switched, and what is left behind can only be unloaded. */
function contextOf(one: Attachment): string {
  if (!isAttached(one)) return 'bypass.left';
  if (one.config === undefined) return 'bypass.classic';
  return one.config.mode === 'off' ? 'bypass.off' : 'bypass';
}

const iconOn = ({ config }: Attachment): string =>
  config?.mode === 'unguarded' ? 'warning' : 'zap';

/** The mode of a bypass, or why it has none now. */
export function stateText({ state, policy, config }: Attachment): string {
  if (state === 'loading') return l10n.t('being loaded');
  if (state === 'detached') return l10n.t('left behind');
  switch (config?.mode) {
    case 'off':
      return l10n.t('off');
    case 'unguarded':
      return l10n.t('without limits');
    default:
      return policy === 'classic' ? l10n.t('classic') : l10n.t('guarded');
  }
}

function keptRow({ host, kept }: KeptNode): Row {
  const { name, state } = kept;
  return {
    id: [host, 'kept', name].join('\n'),
    label: l10n.t('{0}, kept across reboots', name),
    description: keptState(kept),
    tooltip: keptLine(kept),
    icon: state === 'refused' ? 'warning' : 'circle-slash',
    contextValue: 'kept',
    expands: 'never',
  };
}

function cgroupRow({ host, cgroup, label, of, assessed }: CgroupNode): Row {
  const traffic = trafficLines(assessed, [cgroup]);
  const description = [...(label === undefined ? [] : [shortPath(cgroup)]), ...traffic].join(' · ');
  return {
    id: [host, of, cgroup].join('\n'),
    label: label ?? shortPath(cgroup),
    ...(description !== '' && { description }),
    tooltip: [cgroup, ...traffic].join('\n'),
    icon: 'package',
    contextValue: 'cgroup',
    expands: 'never',
  };
}

/** `3.1 MiB/s local, 20,100 messages/s (3 min ago)`; nothing where that was not assessed. */
function trafficLines(assessed: Assessed | undefined, cgroups: readonly string[]): string[] {
  if (assessed === undefined) return [];
  const traffic = localTraffic(assessed.assessment, cgroups);
  return [l10n.t('{0} ({1})', localTrafficText(traffic), ageText(Date.now() - assessed.at))];
}

const withLabel = (cgroup: string, labels: Labels): string => {
  const label = labelOf(labels, cgroup);
  return label === undefined ? cgroup : `${label}: ${cgroup}`;
};

/** Characters of a path that leave room for what is said beside it, in a side bar as VS Code opens it. */
const SHORT = 20;

/** The end of a long path, by which people know it. */
function shortPath(cgroup: string): string {
  const path = cgroupPath(cgroup);
  return path.length <= SHORT ? path : `…/${path.split('/').at(-1) ?? ''}`;
}

function noteRow(node: NoteNode): Row {
  const { host, note, of } = node;
  const does = (command: string) => ({ command: `sockmapBypass.${command}`, arguments: [of] });
  const shared = {
    id: [host, note].join('\n'),
    contextValue: `note.${note}`,
    expands: 'never' as const,
  };
  switch (note) {
    case 'unread':
      return { ...shared, label: l10n.t('Not read yet'), icon: 'circle-outline' };
    case 'read':
      return {
        ...shared,
        label: l10n.t('Read from the host'),
        icon: 'refresh',
        does: does('refreshHosts'),
      };
    case 'reading':
      return { ...shared, label: l10n.t('Reading…'), icon: 'loading~spin' };
    case 'failed': {
      const error = of.reading.kind === 'failed' ? of.reading.error : undefined;
      const words = error instanceof Error ? error.message : String(error);
      return {
        ...shared,
        label: failureText(error),
        description: error instanceof HostError ? error.problem.words : words,
        tooltip: words,
        icon: 'error',
      };
    }
    case 'retry':
      return { ...shared, label: l10n.t('Retry'), icon: 'refresh', does: does('refreshHosts') };
    case 'assessed': {
      const { assessed } = of;
      const count = assessed?.assessment.verdict.cover.length ?? 0;
      return {
        ...shared,
        label: count === 0 ? l10n.t('Assessed: no gain') : l10n.t('Assessed: would gain'),
        description: assessed === undefined ? '' : ageText(Date.now() - assessed.at),
        icon: 'pulse',
        does: does('showAssessment'),
      };
    }
    case 'empty':
      return { ...shared, label: l10n.t('No bypass is loaded'), icon: 'circle-outline' };
    case 'load':
      return { ...shared, label: l10n.t('Load a bypass…'), icon: 'add', does: does('load') };
  }
}

function failureText(error: unknown): string {
  const kind: ProblemKind | undefined = error instanceof HostError ? error.problem.kind : undefined;
  switch (kind) {
    case 'unreachable':
    case 'timeout':
    case 'connection-lost':
      return l10n.t('Unreachable');
    case 'authentication':
      return l10n.t('Login refused');
    case 'host-key':
      return l10n.t('Host key not accepted');
    case 'privilege':
      return l10n.t('Root is needed');
    case 'not-found':
      return l10n.t('Not usable');
    default:
      return l10n.t('Could not be read');
  }
}
