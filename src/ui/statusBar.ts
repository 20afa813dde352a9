import * as vscode from 'vscode';
import type { BypassStatus } from '../bypass/attachment.ts';
import { statusBarText, type UnreadHost } from './statusBarText.ts';
import { StatusText } from './window.ts';

/** Says what was last read of hosts; hidden until something was. */
export class StatusBar implements vscode.Disposable {
  readonly #item = new StatusText('sockmapBypass.status', 'Sockmap Bypass');
  readonly #read = new Map<string, BypassStatus>();
  readonly #unread = new Map<string, UnreadHost>();
  readonly #shown = new vscode.EventEmitter<BypassStatus>();
  readonly onDidShow = this.#shown.event;

  show(status: BypassStatus): void {
    const { host } = status;
    // The last one last.
    this.#read.delete(host);
    this.#read.set(host, status);
    this.#unread.delete(host);
    this.#draw();
    this.#shown.fire(status);
  }

  /** A host that had something loaded, and was not read since. */
  showUnread(unread: UnreadHost): void {
    if (this.#read.has(unread.host)) return;
    this.#unread.set(unread.host, unread);
    this.#draw();
  }

  #draw(): void {
    const { host, ...text } = statusBarText(
      Array.from(this.#read.values()),
      Array.from(this.#unread.values()),
    );
    this.#item.show({
      ...text,
      command: {
        command: 'sockmapBypass.status',
        title: vscode.l10n.t('Show bypass status'),
        ...(host !== undefined && { arguments: [{ host }] }),
      },
    });
  }

  dispose(): void {
    this.#item.dispose();
    this.#shown.dispose();
  }
}
