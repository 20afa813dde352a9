import * as vscode from 'vscode';
import { isFromPanel, type FromPanel } from '../results/protocol.ts';
import { ShownRuns } from './shownRuns.ts';
import { reasonOf, WatchedResult } from './watchedResult.ts';
import { showPage } from './webviewHtml.ts';
import { showFailure } from './window.ts';

/** Shows a `*.sockmap-bench.json` as charts, and follows it while a run writes it. */
export class ResultEditorProvider implements vscode.CustomReadonlyEditorProvider<WatchedResult> {
  static readonly viewType = 'sockmapBypass.result';

  readonly #extension: vscode.Uri;

  private constructor(extension: vscode.Uri) {
    this.#extension = extension;
  }

  static register(context: vscode.ExtensionContext): vscode.Disposable {
    return vscode.window.registerCustomEditorProvider(
      ResultEditorProvider.viewType,
      new ResultEditorProvider(context.extensionUri),
      // Two views of one run, side by side, may show different arms.
      { supportsMultipleEditorsPerDocument: true },
    );
  }

  openCustomDocument(uri: vscode.Uri): WatchedResult {
    return new WatchedResult(uri);
  }

  resolveCustomEditor(file: WatchedResult, panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    const shown = new ShownRuns(file, (state) => void webview.postMessage(state));
    const subscriptions = [
      shown,
      webview.onDidReceiveMessage((message: unknown) => {
        if (isFromPanel(message)) {
          answer(file, shown, message).catch((error: unknown) => {
            void showFailure(reasonOf(error));
          });
        }
      }),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
    });
    showPage(this.#extension, webview, {
      title: vscode.l10n.t('Sockmap benchmark'),
      script: 'panel.js',
      styles: ['panel.css'],
      body: '    <script type="application/json" id="chart-data"></script>',
    });
  }
}

async function answer(file: WatchedResult, shown: ShownRuns, message: FromPanel): Promise<void> {
  switch (message.type) {
    case 'ready':
      shown.sendAll();
      return;
    case 'openAsText':
      await vscode.commands.executeCommand('vscode.openWith', file.uri, 'default');
      return;
    case 'resume':
      // It reports its own failures.
      void vscode.commands.executeCommand('sockmapBypass.resumeBenchmark', { uri: file.uri });
      return;
    case 'addRuns': {
      const picked = await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Overlay other runs'),
        openLabel: vscode.l10n.t('Overlay'),
        canSelectMany: true,
        defaultUri: vscode.Uri.joinPath(file.uri, '..'),
        filters: { [vscode.l10n.t('Sockmap benchmarks')]: ['sockmap-bench.json', 'json'] },
      });
      for (const uri of picked ?? []) await shown.add(uri);
      return;
    }
    case 'removeRun':
      shown.remove(message.run);
      return;
    case 'compareRun': {
      const baseline = shown.uriOf(message.run);
      const runs = { baseline, uri: file.uri };
      // It reports its own failures.
      if (baseline) void vscode.commands.executeCommand('sockmapBypass.compare', runs);
      return;
    }
    case 'exportText':
    case 'exportPicture': {
      const { exportShown } = await import('./exportResult.ts');
      await exportShown(file.uri, shown.runs(), message);
    }
  }
}
