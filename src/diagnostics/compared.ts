import * as vscode from 'vscode';
import { fileName } from '../text.ts';

const SCHEME = 'sockmap-compared';

/** One side of a comparison. */
export interface Side {
  /** Title of its tab. */
  readonly label: string;
  readonly text: string;
}

/** Listings of two versions of a program beside each other. They are kept while they are open. */
export class ComparedListings implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  #opened = 0;
  readonly #subscriptions = [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      this.#texts.delete(uri.toString());
    }),
  ];

  /** @param extension of the documents, which their colours come from. */
  async open(title: string, extension: string, before: Side, now: Side): Promise<void> {
    const [left, right] = [before, now].map(({ label, text }) => {
      const uri = vscode.Uri.from({
        scheme: SCHEME,
        path: `/${fileName(label)}.${extension}`,
        query: String(++this.#opened),
      });
      this.#texts.set(uri.toString(), text);
      return uri;
    });
    await vscode.commands.executeCommand('vscode.diff', left, right, title);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    // A window that is restored has the address alone.
    return (
      this.#texts.get(uri.toString()) ??
      `; ${vscode.l10n.t('Compare the program again to see its listing.')}\n`
    );
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
  }
}
