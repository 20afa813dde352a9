import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import type { FleetPage } from './fleetPage.ts';
import type { ResultsView } from './resultsView.ts';
import { makePanel } from './window.ts';

const VIEW_TYPE = 'sockmapBypass.fleet';

/** The page of the fleet: there is one. */
export class FleetPages implements vscode.Disposable {
  readonly #context: Context;
  readonly #results: ResultsView;
  readonly #serializer: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #page: FleetPage | undefined;

  constructor(context: Context, results: ResultsView) {
    this.#context = context;
    this.#results = results;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: (panel) =>
        this.#panel === undefined ? this.#make(panel) : Promise.resolve(panel.dispose()),
    });
  }

  /** Opens the page, or brings it to the front. @param again whether all hosts are read anew. */
  async open({ again = false } = {}): Promise<void> {
    this.#panel?.reveal();
    if (again) this.#page?.readAgain();
    if (this.#panel === undefined) await this.#make(makePanel(VIEW_TYPE, vscode.l10n.t('Fleet')));
  }

  async #make(panel: vscode.WebviewPanel): Promise<void> {
    this.#panel = panel;
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#page = undefined;
    });
    const { FleetPage } = await import('./fleetPage.ts');
    this.#page = new FleetPage(this.#context, this.#results, panel);
  }

  dispose(): void {
    this.#serializer.dispose();
  }
}
