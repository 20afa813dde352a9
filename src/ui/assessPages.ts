import * as vscode from 'vscode';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { isKnownHost } from '../workspace/knownHosts.ts';
import { makePanel } from './window.ts';

const VIEW_TYPE = 'sockmapBypass.assess';
const stateSchema = z.object({ host: z.string().min(1).max(1000) });

/** The pages of assessments in this window, one a host. */
export class AssessPages implements vscode.Disposable {
  readonly #context: Context;
  readonly #panels = new Map<string, vscode.WebviewPanel>();
  readonly #serializer: vscode.Disposable;

  constructor(context: Context) {
    this.#context = context;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: (panel, state) => this.#restore(panel, state),
    });
  }

  /** Opens the page of a host that was assessed, or brings it to the front. */
  async open(host: string): Promise<void> {
    const known = this.#panels.get(host);
    if (known !== undefined) known.reveal();
    else await this.#make(makePanel(VIEW_TYPE, vscode.l10n.t('Local traffic of {0}', host)), host);
  }

  async #make(panel: vscode.WebviewPanel, host: string): Promise<void> {
    this.#panels.set(host, panel);
    panel.onDidDispose(() => {
      if (this.#panels.get(host) === panel) this.#panels.delete(host);
    });
    const { AssessPage } = await import('./assessPage.ts');
    new AssessPage(this.#context, panel, host);
  }

  /** After a reload of the window: its page says that the assessment is gone, and offers another. */
  async #restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const host = stateSchema.safeParse(state).data?.host;
    const isKnown = host !== undefined && (await isKnownHost(this.#context, host));
    if (!isKnown || this.#panels.has(host)) panel.dispose();
    else await this.#make(panel, host);
  }

  dispose(): void {
    this.#serializer.dispose();
  }
}
