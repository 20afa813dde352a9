import * as vscode from 'vscode';
import { readKeptMatrix } from '../verifier/matrix/protocol.ts';
import { makePanel } from '../ui/window.ts';
import type { MatrixPage } from './matrixPage.ts';
import type { Verifier } from './verifier.ts';

const VIEW_TYPE = 'sockmapBypass.matrix';

/** The page of programs and hosts: there is one. */
export class MatrixPages implements vscode.Disposable {
  readonly #extension: vscode.Uri;
  readonly #verifier: Verifier;
  readonly #serializer: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #page: MatrixPage | undefined;

  constructor(extension: vscode.Uri, verifier: Verifier) {
    this.#extension = extension;
    this.#verifier = verifier;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: async (panel, state) => {
        const kept = readKeptMatrix(state);
        if (kept === undefined || this.#panel !== undefined) panel.dispose();
        else
          await this.#make(
            panel,
            kept.sources.map((one) => vscode.Uri.parse(one)),
            kept.hosts,
          );
      },
    });
  }

  /** The hosts that the page shows. */
  get hosts(): readonly string[] {
    return this.#page?.hosts ?? [];
  }

  /** Opens the page with these, or has it show them. */
  async open(sources: readonly vscode.Uri[], hosts: readonly string[]): Promise<void> {
    this.#panel?.reveal();
    this.#page?.show(sources, hosts);
    if (this.#panel === undefined) {
      const panel = makePanel(VIEW_TYPE, vscode.l10n.t('Verifier matrix'));
      await this.#make(panel, sources, hosts);
    }
  }

  async #make(
    panel: vscode.WebviewPanel,
    sources: readonly vscode.Uri[],
    hosts: readonly string[],
  ): Promise<void> {
    this.#panel = panel;
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#page = undefined;
    });
    const { MatrixPage } = await import('./matrixPage.ts');
    this.#page = new MatrixPage(this.#extension, this.#verifier, panel);
    this.#page.show(sources, hosts);
  }

  dispose(): void {
    this.#serializer.dispose();
  }
}
