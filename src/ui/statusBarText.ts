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
    text: `Sockmap ${on === 0 ? 'off' : 'on'}: ${host}${on > 1 ? ` (${on})` : ''}`,
    tooltip: [
      ...loaded.map(
        ({ cgroups, policy, config }) =>
          `${cgroups.join(', ')} (${config === undefined ? policy : MODE_LABELS[config.mode]})`,
      ),
      'Click to read the status from the host.',
    ].join('\n'),
  };
}
