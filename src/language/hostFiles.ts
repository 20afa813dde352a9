import * as vscode from 'vscode';
import { HostError } from '../host/errors.ts';
import type { Mirror } from './mirror.ts';

export const HOST_SCHEME = 'sockmap-host';
/** The host's vmlinux.h, wherever the mirror of the moment has it. */
export const KERNEL_TYPES = '/kernel types/vmlinux.h';

/** A larger header is read only up to here. */
const LARGEST_BYTES = 32 * 1024 * 1024;

/** A file of a host as a document that cannot be edited. */
export const hostFileUri = (host: string, path: string): vscode.Uri =>
  vscode.Uri.from({ scheme: HOST_SCHEME, path, query: host });

/**
 * Headers of the host, opened by going to a definition. They are read over the connection that the
 * language server has; a link to one opens no connection of its own.
 */
export class HostFiles implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #mirror: () => Mirror | undefined;
  readonly #subscriptions: vscode.Disposable[];

  constructor(mirror: () => Mirror | undefined) {
    this.#mirror = mirror;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(HOST_SCHEME, this),
      vscode.workspace.onDidOpenTextDocument((document) => {
        // By its name alone VS Code takes a header for C++.
        if (document.uri.scheme === HOST_SCHEME && document.languageId !== 'c') {
          void vscode.languages.setTextDocumentLanguage(document, 'c');
        }
      }),
    ];
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const mirror = this.#mirror();
    if (mirror?.host.name !== uri.query) {
      throw new HostError({
        kind: 'not-found',
        tried: vscode.l10n.t('read {0}', uri.path),
        where: uri.query,
        words: vscode.l10n.t('the language server does not run there'),
        next: vscode.l10n.t('Go to the definition again from the source.'),
      });
    }
    const path = uri.path === KERNEL_TYPES ? `${mirror.directory}/include/vmlinux.h` : uri.path;
    return mirror.read(path, LARGEST_BYTES, vscode.l10n.t('read {0}', uri.path));
  }

  dispose(): void {
    for (const owned of this.#subscriptions) owned.dispose();
  }
}
