import * as vscode from 'vscode';
import type { BypassStatus } from '../bypass/attachment.ts';
import type { Context } from '../context.ts';
import { isKnownHost } from '../workspace/knownHosts.ts';
import type { LivePage } from './livePage.ts';
import { makePanel } from './window.ts';

const VIEW_TYPE = 'sockmapBypass.live';

/** The live pages of this window, one a host. */
export class LivePages implements vscode.Disposable {
  readonly #context: Context;
  readonly #onStatus: (status: BypassStatus) => void;
  readonly #pages = new Map<string, LivePage>();
  readonly #serializer: vscode.Disposable;

  /** @param onStatus gets each status that a page has read. */
  constructor(context: Context, onStatus: (status: BypassStatus) => void) {
    this.#context = context;
    this.#onStatus = onStatus;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: (panel, state) => this.#restore(panel, state),
    });
  }

  /**
   * Opens the page of a host, or brings it to the front.
   * @param status read just now. @param id the bypass to look at, by one of its cgroups.
   */
  async open(status: BypassStatus, id?: string): Promise<void> {
    const { host } = status;
    const known = this.#pages.get(host);
    known?.panel.reveal();
    const page = known ?? (await this.#make(this.#newPanel(host), { host, id }));
    page.show(status, id);
  }

  #newPanel(host: string): vscode.WebviewPanel {
    return makePanel(VIEW_TYPE, vscode.l10n.t('Bypass on {0}', host));
  }

  async #make(
    panel: vscode.WebviewPanel,
    place: { host: string; id?: string | undefined },
  ): Promise<LivePage> {
    const { LivePage } = await import('./livePage.ts');
    const page = new LivePage(this.#context, panel, place, this.#onStatus);
    this.#pages.set(place.host, page);
    panel.onDidDispose(() => {
      if (this.#pages.get(place.host) === page) this.#pages.delete(place.host);
    });
    return page;
  }

  /** After a reload of the window. A host that a person does not know by now is not asked for. */
  async #restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { readState } = await import('../bypass/live/messages.ts');
    const place = readState(state);
    const isKnown = place !== undefined && (await isKnownHost(this.#context, place.host));
    if (!isKnown || this.#pages.has(place.host)) panel.dispose();
    else await this.#make(panel, place);
  }

  dispose(): void {
    this.#serializer.dispose();
    for (const page of this.#pages.values()) page.dispose();
  }
}
