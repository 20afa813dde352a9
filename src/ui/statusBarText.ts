import * as l10n from '@vscode/l10n';
import { isAttached, isOn, type BypassStatus } from '../bypass/attachment.ts';
import { MODE_LABELS } from '../bypass/statusReport.ts';

/** A host that had something loaded, and cannot be read now without a person. */
export interface UnreadHost {
  readonly host: string;
  readonly reason: string;
}

/**
 * A bypass that is switched off is loaded, and listed, but does not count as on.
 * @param read what was read of hosts, the last one last.
 * @returns also the host that it is about; undefined: several.
 */
export function statusBarText(
  read: readonly BypassStatus[],
  unread: readonly UnreadHost[] = [],
): { icon: string; text: string; tooltip: string; host: string | undefined } {
  const on = read.filter(({ attachments }) => attachments.some(isOn));
  const [first, ...others] = on.length > 0 ? on : [...read.slice(-1), ...unread];
  const host = others.length === 0 ? first?.host : undefined;
  const lines = [
    ...read.flatMap(linesOf),
    ...unread.map((one) => l10n.t('{0}: not read, {1}', one.host, one.reason)),
  ];
  return {
    ...lookOf(on, read, unread),
    host,
    tooltip: [...lines, l10n.t('Click to read the status from the host.')].join('\n'),
  };
}

function lookOf(
  on: readonly BypassStatus[],
  read: readonly BypassStatus[],
  unread: readonly UnreadHost[],
): { icon: string; text: string } {
  const [one] = on;
  if (on.length > 1) return { icon: 'zap', text: l10n.t('Sockmap on: {0} hosts', on.length) };
  if (one !== undefined) {
    const count = one.attachments.filter(isOn).length;
    return {
      icon: 'zap',
      text:
        count === 1
          ? l10n.t('Sockmap on: {0}', one.host)
          : l10n.t('Sockmap on: {0} ({1})', one.host, count),
    };
  }
  // Where something may be on, nothing is said to be off.
  const [unknown, ...more] = unread;
  if (unknown !== undefined) {
    return {
      icon: 'question',
      text:
        more.length === 0
          ? l10n.t('Sockmap not read: {0}', unknown.host)
          : l10n.t('Sockmap not read: {0} hosts', unread.length),
    };
  }
  return { icon: 'circle-slash', text: l10n.t('Sockmap off: {0}', read.at(-1)?.host ?? '') };
}

function linesOf({ host, attachments }: BypassStatus): string[] {
  return attachments
    .filter(isAttached)
    .map(
      ({ cgroups, policy, config }) =>
        `${host}: ${cgroups.join(', ')} (${config === undefined ? policy : MODE_LABELS[config.mode]})`,
    );
}
