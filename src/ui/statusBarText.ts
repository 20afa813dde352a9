import * as l10n from '@vscode/l10n';
import { isAttached, isOn, type BypassStatus } from '../bypass/attachment.ts';
import { MODE_LABELS } from '../bypass/statusReport.ts';

/** A bypass that is switched off is loaded, and listed, but does not count as on. */
export function statusBarText({ host, attachments }: BypassStatus): {
  icon: string;
  text: string;
  tooltip: string;
} {
  const loaded = attachments.filter(isAttached);
  const on = loaded.filter(isOn).length;
  return {
    icon: on === 0 ? 'circle-slash' : 'zap',
    text: textOf(on, host),
    tooltip: [
      ...loaded.map(
        ({ cgroups, policy, config }) =>
          `${cgroups.join(', ')} (${config === undefined ? policy : MODE_LABELS[config.mode]})`,
      ),
      l10n.t('Click to read the status from the host.'),
    ].join('\n'),
  };
}

const textOf = (on: number, host: string): string =>
  on === 0
    ? l10n.t('Sockmap off: {0}', host)
    : on === 1
      ? l10n.t('Sockmap on: {0}', host)
      : l10n.t('Sockmap on: {0} ({1})', host, on);
