import * as vscode from 'vscode';
import { oneLine } from '../text.ts';
import { reasonOf } from '../ui/watchedResult.ts';
import { showPage } from '../ui/webviewHtml.ts';
import { cellOf, wholeOf } from '../verifier/matrix.ts';
import {
  isFromMatrixPage,
  type FromMatrixPage,
  type MatrixView,
  type ToMatrixPage,
} from '../verifier/matrix/protocol.ts';
import { matrixCsv, matrixMarkdown } from '../verifier/matrix/texts.ts';
import { matrixView, type Asked } from '../verifier/matrix/view.ts';
import { fileOf, rangeOf } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

/** One panel: programs of chosen sources on chosen hosts, as the verifier's answers come, whoever asked for them. */
export class MatrixPage {
  readonly #verifier: Verifier;
  readonly #panel: vscode.WebviewPanel;
  #sources: readonly vscode.Uri[] = [];
  #hosts: readonly string[] = [];
  /** The page listens. */
  #isReady = false;
  #isDue = false;

  constructor(extension: vscode.Uri, verifier: Verifier, panel: vscode.WebviewPanel) {
    this.#verifier = verifier;
    this.#panel = panel;
    const send = () => {
      this.#sendSoon();
    };
    const subscriptions = [
      panel.webview.onDidReceiveMessage((message: unknown) => {
        if (isFromMatrixPage(message)) void this.#answer(message);
      }),
      panel.onDidChangeViewState(() => {
        // A hidden tab has lost its page, which asks again when it is back.
        if (!panel.visible) this.#isReady = false;
      }),
      verifier.asking.onDidChange(send),
      verifier.onDidVerify(send),
    ];
    panel.onDidDispose(() => {
      this.#isReady = false;
      for (const each of subscriptions) each.dispose();
    });
    showPage(extension, panel.webview, {
      title: vscode.l10n.t('Verifier matrix'),
      script: 'matrix.js',
      styles: ['panel.css', 'matrix.css'],
    });
  }

  get hosts(): readonly string[] {
    return this.#hosts;
  }

  show(sources: readonly vscode.Uri[], hosts: readonly string[]): void {
    this.#sources = sources;
    this.#hosts = hosts;
    this.#send();
  }

  async #answer(message: FromMatrixPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        this.#send();
        return;
      case 'verify':
        return this.#run({ hosts: this.#hosts, uris: this.#sources });
      case 'choose':
        return this.#run();
      case 'markdown':
        return vscode.env.clipboard.writeText(matrixMarkdown(this.#view()));
      case 'csv':
        return vscode.env.clipboard.writeText(matrixCsv(this.#view()));
      case 'open':
        return this.#open(message);
    }
  }

  /** The command reports its own failure. */
  async #run(...argument: unknown[]): Promise<void> {
    try {
      await vscode.commands.executeCommand('sockmapBypass.verifyOnHosts', ...argument);
    } catch {
      // Reported.
    }
  }

  async #open({ source, program = '', host }: FromMatrixPage & { type: 'open' }): Promise<void> {
    const uri = this.#sources[source];
    if (uri === undefined) return;
    const { diagnosis } = this.#asked(uri, this.#hosts[host ?? -1] ?? '');
    const name = diagnosis?.programs.find((one) => oneLine(one.name, 200) === program)?.name;
    const { place } = diagnosis
      ? name === undefined
        ? wholeOf(diagnosis)
        : cellOf(diagnosis, name)
      : {};
    await vscode.window.showTextDocument((place && fileOf(uri, place)) ?? uri, {
      ...(place && { selection: rangeOf(place) }),
    });
  }

  #asked(uri: vscode.Uri, host: string): Asked {
    const question = this.#verifier.asking.of(uri, host);
    if (question?.state === 'answered') return question;
    const diagnosis = this.#verifier.answers(uri).get(host)?.diagnosis;
    if (question?.state === 'running') return { state: 'running', diagnosis };
    if (question !== undefined)
      return { state: 'unreached', diagnosis, problem: reasonOf(question.error) };
    return diagnosis === undefined ? { state: 'unrun' } : { state: 'answered', diagnosis };
  }

  #view(): MatrixView {
    return matrixView(
      this.#hosts,
      this.#sources.map((uri) => ({
        name: vscode.workspace.asRelativePath(uri),
        asked: this.#hosts.map((host) => this.#asked(uri, host)),
      })),
    );
  }

  /** Once for all that changes in one go: an answer to a question is also one of its source. */
  #sendSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#send();
    });
  }

  #send(): void {
    if (!this.#isReady) return;
    const message: ToMatrixPage = {
      type: 'matrix',
      view: this.#view(),
      kept: { sources: this.#sources.map(String), hosts: this.#hosts },
    };
    void this.#panel.webview.postMessage(message);
  }
}
