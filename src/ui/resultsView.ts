import type * as vscode from 'vscode';
import { makeTreeView } from './window.ts';

/** The view Results: empty until there are runs. */
export class ResultsView implements vscode.Disposable {
  readonly #view = makeTreeView<never>('sockmapBypass.results', (node) => node, {
    getChildren: () => [],
  });

  dispose(): void {
    this.#view.dispose();
  }
}
