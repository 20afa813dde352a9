import type * as vscode from 'vscode';
import { isOn, type BypassStatus } from '../bypass/status.ts';
import { MODE_LABELS } from './statusReport.ts';
import { StatusText } from './window.ts';

/** Says what was last read of a host; hidden until something was. */
export class StatusBar implements vscode.Disposable {
  readonly #item = new StatusText('sockmapBypass.status', 'Sockmap Bypass');

  show(status: BypassStatus): void {
    this.#item.show({
      ...statusBarText(status),
      command: {
        command: 'sockmapBypass.status',
        title: 'Show bypass status',
        arguments: [{ host: status.host }],
      },
    });
  }

  dispose(): void {
    this.#item.dispose();
  }
}

/** What is switched off is loaded, and listed, but does not count as on. */
export function statusBarText({ host, attachments }: BypassStatus): {
  icon: string;
  text: string;
  tooltip: string;
} {
  const loaded = attachments.filter(({ state }) => state !== 'detached');
  const on = loaded.filter(isOn).length;
  return {
    icon: on === 0 ? 'circle-slash' : 'zap',
    text: `Sockmap ${on === 0 ? 'off' : 'on'}: ${host}${on > 1 ? ` (${on})` : ''}`,
    tooltip: [
      ...loaded.map(
        ({ cgroup, policy, config }) =>
          `${cgroup ?? ''} (${config === undefined ? policy : MODE_LABELS[config.mode]})`,
      ),
      'Click to read the status from the host.',
    ].join('\n'),
  };
}
