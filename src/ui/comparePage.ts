import * as vscode from 'vscode';
import { oneLine } from '../text.ts';
import {
  isFromComparePage,
  readComparedFiles,
  type FromComparePage,
  type ToComparePage,
} from '../results/compareProtocol.ts';
import type { ResultDocument } from '../results/document.ts';
import { comparisonReport } from '../results/words/compareReport.ts';
import { comparisonView } from '../results/words/comparisonView.ts';
import { saveBeside } from './exportResult.ts';
import { baseName, reasonOf, WatchedResult } from './watchedResult.ts';
import { showPage } from './webviewHtml.ts';
import { makePanel, showFailure } from './window.ts';

type Pair = { readonly before: vscode.Uri; readonly after: vscode.Uri };

const VIEW_TYPE = 'sockmapBypass.compare';

/** By the files they compare. */
const open = new Map<string, ComparePage>();
const keyOf = ({ before, after }: Pair): string => `${before.toString()} ${after.toString()}`;

const titleOf = ({ before, after }: Pair): string =>
  vscode.l10n.t('{0} compared with {1}', oneLine(baseName(after)), oneLine(baseName(before)));

/** Shows two runs, before and after, on a page of their own. */
export function showComparison(extension: vscode.Uri, pair: Pair): void {
  const known = open.get(keyOf(pair));
  if (known) known.reveal();
  else new ComparePage(extension, makePanel(VIEW_TYPE, titleOf(pair)), pair);
}

/** Has the pages be there again after a reload of the window. */
export const restoreComparisons = (extension: vscode.Uri): vscode.Disposable =>
  vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
    deserializeWebviewPanel: (panel, state) => {
      const files = readComparedFiles(state);
      if (files === undefined) panel.dispose();
      else {
        const pair = {
          before: vscode.Uri.parse(files.before),
          after: vscode.Uri.parse(files.after),
        };
        new ComparePage(extension, panel, pair);
      }
      return Promise.resolve();
    },
  });

/** One panel, which follows the two files. */
class ComparePage {
  readonly #panel: vscode.WebviewPanel;
  #files: { readonly before: WatchedResult; readonly after: WatchedResult };

  constructor(extension: vscode.Uri, panel: vscode.WebviewPanel, { before, after }: Pair) {
    this.#panel = panel;
    this.#files = { before: new WatchedResult(before), after: new WatchedResult(after) };
    open.set(keyOf(this.#pair), this);
    for (const file of Object.values(this.#files)) {
      file.onDidChange(() => {
        void this.#send();
      });
    }
    const { webview } = this.#panel;
    webview.onDidReceiveMessage((message: unknown) => {
      if (!isFromComparePage(message)) return;
      this.#answer(message).catch((error: unknown) => {
        void showFailure(reasonOf(error));
      });
    });
    this.#panel.onDidDispose(() => {
      open.delete(keyOf(this.#pair));
      for (const file of Object.values(this.#files)) file.dispose();
    });
    showPage(extension, webview, {
      title: vscode.l10n.t('Benchmarks compared'),
      script: 'compare.js',
      styles: ['panel.css', 'compare.css'],
    });
  }

  reveal(): void {
    this.#panel.reveal();
  }

  get #pair(): Pair {
    return { before: this.#files.before.uri, after: this.#files.after.uri };
  }

  #swap(): void {
    open.delete(keyOf(this.#pair));
    this.#files = { before: this.#files.after, after: this.#files.before };
    open.set(keyOf(this.#pair), this);
    this.#panel.title = titleOf(this.#pair);
  }

  /** @throws Error that names the file which cannot be read. */
  async #read() {
    const [before, after] = await Promise.all([
      documentOf(this.#files.before),
      documentOf(this.#files.after),
    ]);
    return { before, after };
  }

  /** A page that is hidden is gone; it asks when it is back. */
  async #send(): Promise<void> {
    if (!this.#panel.visible) return;
    const { before, after } = this.#pair;
    const names = { before: baseName(before), after: baseName(after) };
    const kept = { before: before.toString(), after: after.toString() };
    let message: ToComparePage;
    try {
      const documents = await this.#read();
      const view = comparisonView(documents.before, documents.after, names);
      message = { type: 'comparison', view, kept };
    } catch (error) {
      message = { type: 'invalid', reason: reasonOf(error), kept };
    }
    await this.#panel.webview.postMessage(message);
  }

  async #answer(message: FromComparePage): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.#send();
      case 'swap':
        this.#swap();
        return this.#send();
      case 'open':
        await vscode.commands.executeCommand('vscode.open', this.#pair[message.run]);
        return;
      case 'markdown': {
        const documents = await this.#read();
        const text = comparisonReport(documents.before, documents.after);
        if (message.to === 'clipboard') await vscode.env.clipboard.writeText(text);
        else await saveBeside(this.#pair.after, 'compared', 'md', text);
      }
    }
  }
}

async function documentOf(file: WatchedResult): Promise<ResultDocument> {
  await file.first;
  const { state } = file;
  if (state?.run !== undefined) return state.run.document;
  throw new Error(`${file.name}: ${state?.reason ?? ''}`);
}
