import * as vscode from 'vscode';
import type { BypassStatus } from '../bypass/attachment.ts';
import { statusBarText } from './statusBarText.ts';
import { StatusText } from './window.ts';

/** Says what was last read of a host; hidden until something was. */
export class StatusBar implements vscode.Disposable {
  readonly #item = new StatusText('sockmapBypass.status', 'Sockmap Bypass');

  readonly #shown = new vscode.EventEmitter<BypassStatus>();
  readonly onDidShow = this.#shown.event;

  show(status: BypassStatus): void {
    this.#item.show({
      ...statusBarText(status),
      command: {
        command: 'sockmapBypass.status',
        title: vscode.l10n.t('Show bypass status'),
        arguments: [{ host: status.host }],
      },
    });
    this.#shown.fire(status);
  }

  dispose(): void {
    this.#item.dispose();
    this.#shown.dispose();
  }
}
