import * as vscode from 'vscode';
import type { BypassStatus } from '../bypass/status.ts';

/** Says what was last read of a host; hidden until something was. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    'sockmapBypass.status',
    vscode.StatusBarAlignment.Left,
  );

  show({ host, attachments }: BypassStatus): void {
    const on = attachments.filter(({ state }) => state !== 'detached');
    const first = on[0];
    this.#item.name = 'Sockmap Bypass';
    this.#item.text =
      first === undefined || on.every(({ config }) => config?.mode === 'off')
        ? `$(circle-slash) Sockmap off: ${host}`
        : `$(zap) Sockmap on: ${host}${on.length > 1 ? ` (${on.length})` : ''}`;
    this.#item.tooltip = [
      ...on.map(({ cgroup, policy, config }) => `${cgroup ?? ''} (${config?.mode ?? policy})`),
      'Click to read the status from the host.',
    ].join('\n');
    this.#item.command = {
      command: 'sockmapBypass.status',
      title: 'Show bypass status',
      arguments: [{ host }],
    };
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }
}
