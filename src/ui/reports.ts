import * as vscode from 'vscode';
import { fileName } from '../text.ts';

const SCHEME = 'sockmap-bypass';
/** package.json has the editor wrap lines of what is in it. */
const WRAPPED = '/sockmap-bypass-text';

/** Read-only text of ours in an editor: status reports, and tools' words in full. */
export class Reports implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly #closed = vscode.workspace.onDidCloseTextDocument(({ uri }) => {
    if (uri.scheme === SCHEME) this.#texts.delete(uri.toString());
  });

  /**
   * Opens a report, or brings the one of that title up to date.
   * @param options wraps: whether long lines go on below rather than beyond the editor's edge.
   */
  async show(title: string, text: string, { wraps = false } = {}): Promise<vscode.TextEditor> {
    const uri = this.#keep(fileName(title), text, wraps ? WRAPPED : '');
    const document = await vscode.workspace.openTextDocument(uri);
    return vscode.window.showTextDocument(document, { preview: true });
  }

  /** The same for Markdown, rendered. */
  async showMarkdown(title: string, text: string): Promise<void> {
    const uri = this.#keep(`${fileName(title)}.md`, text);
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  }

  /** Closes the one that an editor shows. */
  async close({ document }: vscode.TextEditor): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const own = tabs.filter(
      ({ input }) =>
        input instanceof vscode.TabInputText && input.uri.toString() === document.uri.toString(),
    );
    await vscode.window.tabGroups.close(own, true);
  }

  #keep(title: string, text: string, folder = ''): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `${folder}/${title}` });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  dispose(): void {
    for (const owned of [this.#registration, this.#closed, this.#changed]) owned.dispose();
  }
}
