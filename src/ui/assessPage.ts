import * as vscode from 'vscode';
import { assessmentMarkdown } from '../assess/report.ts';
import { seenSizesPlan } from '../assess/page/plan.ts';
import {
  isFromAssessPage,
  type FromAssessPage,
  type ToAssessPage,
} from '../assess/page/protocol.ts';
import { assessmentView } from '../assess/page/view.ts';
import type { Context } from '../context.ts';
import { oneLine } from '../text.ts';
import { Pointed } from './pointed.ts';
import { showPage } from './webviewHtml.ts';

/** One panel: the last assessment of a host, for as long as the window remembers it. */
export class AssessPage {
  readonly host: string;
  readonly panel: vscode.WebviewPanel;
  readonly #context: Context;
  #isBusy = false;
  #isReady = false;

  constructor(context: Context, panel: vscode.WebviewPanel, host: string) {
    this.#context = context;
    this.panel = panel;
    this.host = host;
    const subscriptions = [
      panel.webview.onDidReceiveMessage((message: unknown) => {
        if (isFromAssessPage(message)) void this.#answer(message);
      }),
      panel.onDidChangeViewState(() => {
        // A hidden tab has lost its page, which asks again when it is back.
        if (!panel.visible) this.#isReady = false;
      }),
      context.assessed.onDidAssess((assessed) => {
        if (assessed === host) this.#send();
      }),
    ];
    panel.onDidDispose(() => {
      for (const each of subscriptions) each.dispose();
    });
    showPage(context.extension.extensionUri, panel.webview, {
      title: vscode.l10n.t('Local traffic'),
      script: 'assess.js',
      styles: ['panel.css', 'live.css', 'assess.css'],
    });
  }

  async #answer({ type }: FromAssessPage): Promise<void> {
    const assessed = this.#context.assessed.of(this.host);
    switch (type) {
      case 'ready':
        this.#isReady = true;
        this.#send();
        return;
      case 'assess':
        return this.#assess();
      case 'markdown':
        if (assessed === undefined) return;
        await vscode.env.clipboard.writeText(assessmentMarkdown(assessed.assessment));
        return;
      case 'load': {
        if (assessed === undefined) return;
        const { cover, reach } = assessed.assessment.verdict;
        return this.#run('load', new Pointed(this.host, undefined, { cgroups: cover, reach }));
      }
      case 'benchmark': {
        const plan = assessed && seenSizesPlan(assessed.assessment.verdict);
        if (plan !== undefined)
          return this.#run('runBenchmark', new Pointed(this.host, undefined, { plan }));
      }
    }
  }

  async #assess(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#send();
    const { seconds, cgroup } = this.#context.assessed.of(this.host) ?? {};
    const asked = seconds === undefined ? undefined : { host: this.host, seconds, cgroup };
    await this.#run('assess', asked ?? new Pointed(this.host));
    this.#isBusy = false;
    this.#send();
  }

  /** Each command reports its own failure. */
  async #run(command: string, argument: object): Promise<void> {
    try {
      await vscode.commands.executeCommand(`sockmapBypass.${command}`, argument);
    } catch {
      // Reported.
    }
  }

  #send(): void {
    if (!this.#isReady) return;
    const assessed = this.#context.assessed.of(this.host);
    const message: ToAssessPage = {
      type: 'assessment',
      view: {
        host: oneLine(this.host, 200),
        kept: { host: this.host },
        assessment: assessed && assessmentView(assessed.assessment, assessed.cgroup),
        ageMs: assessed === undefined ? 0 : Date.now() - assessed.at,
        busy: this.#isBusy,
      },
    };
    void this.panel.webview.postMessage(message);
  }
}
