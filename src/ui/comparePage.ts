import * as vscode from 'vscode';
import { readDocument } from '../bench/store.ts';
import { oneLine } from '../text.ts';
import {
  isFromComparePage,
  type FromComparePage,
  type ToComparePage,
} from '../results/compareProtocol.ts';
import { comparisonReport } from '../results/words/compareReport.ts';
import { comparisonView } from '../results/words/comparisonView.ts';
import { saveBeside } from './exportResult.ts';
import { baseName, reasonOf } from './watchedResult.ts';
import { showPage } from './webviewHtml.ts';
import { makePanel, showFailure } from './window.ts';

type Pair = { readonly before: vscode.Uri; readonly after: vscode.Uri };

/** By the files they compare: a comparison that is asked for again is brought up to date. */
const open = new Map<string, ComparePage>();
const keyOf = ({ before, after }: Pair): string => `${before.toString()} ${after.toString()}`;

const titleOf = ({ before, after }: Pair): string =>
  vscode.l10n.t('{0} compared with {1}', oneLine(baseName(after)), oneLine(baseName(before)));

/** Shows two runs, before and after, on a page of their own. */
export function showComparison(extension: vscode.Uri, pair: Pair): void {
  const known = open.get(keyOf(pair));
  if (known) known.reveal();
  else new ComparePage(extension, pair);
}

/** One panel. It remembers which files are compared, and reads them whenever the page asks. */
class ComparePage {
  readonly #panel: vscode.WebviewPanel;
  #pair: Pair;

  constructor(extension: vscode.Uri, pair: Pair) {
    this.#panel = makePanel('sockmapBypass.compare', titleOf(pair));
    this.#pair = pair;
    open.set(keyOf(pair), this);
    const { webview } = this.#panel;
    webview.onDidReceiveMessage((message: unknown) => {
      if (!isFromComparePage(message)) return;
      this.#answer(message).catch((error: unknown) => {
        void showFailure(reasonOf(error));
      });
    });
    this.#panel.onDidDispose(() => {
      open.delete(keyOf(this.#pair));
    });
    showPage(extension, webview, {
      title: vscode.l10n.t('Benchmarks compared'),
      script: 'compare.js',
      styles: ['panel.css', 'compare.css'],
    });
  }

  reveal(): void {
    this.#panel.reveal();
    void this.#send();
  }

  #take(pair: Pair): void {
    open.delete(keyOf(this.#pair));
    this.#pair = pair;
    open.set(keyOf(pair), this);
    this.#panel.title = titleOf(pair);
  }

  async #read() {
    const [before, after] = await Promise.all(
      [this.#pair.before, this.#pair.after].map(({ fsPath }) => readDocument(fsPath)),
    );
    if (!before || !after) throw new RangeError('no documents');
    return { before, after };
  }

  async #send(): Promise<void> {
    const { before, after } = this.#pair;
    const names = { before: baseName(before), after: baseName(after) };
    let message: ToComparePage;
    try {
      const documents = await this.#read();
      const view = comparisonView(documents.before, documents.after, names);
      message = { type: 'comparison', view };
    } catch (error) {
      message = { type: 'invalid', reason: reasonOf(error) };
    }
    await this.#panel.webview.postMessage(message);
  }

  async #answer(message: FromComparePage): Promise<void> {
    const { before, after } = this.#pair;
    switch (message.type) {
      case 'ready':
        return this.#send();
      case 'swap':
        this.#take({ before: after, after: before });
        return this.#send();
      case 'open':
        await vscode.commands.executeCommand('vscode.open', this.#pair[message.run]);
        return;
      case 'markdown': {
        const documents = await this.#read();
        const text = comparisonReport(documents.before, documents.after);
        if (message.to === 'clipboard') await vscode.env.clipboard.writeText(text);
        else await saveBeside(after, 'compared', 'md', text);
      }
    }
  }
}
