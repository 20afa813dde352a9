import * as vscode from 'vscode';
import type { Attachment, BypassStatus } from '../bypass/attachment.ts';
import { bypassStatus } from '../bypass/load.ts';
import { readMessage, type Message } from '../bypass/live/messages.ts';
import type { ToCanary } from '../results/canary/view.ts';
import { canaryView } from '../assess/canary/view.ts';
import type { LiveView, ToLivePage } from '../bypass/live/protocol.ts';
import { History } from '../bypass/live/rates.ts';
import { readLive, type LiveReading, type Owner } from '../bypass/live/reading.ts';
import {
  bypassLabel,
  bypassNamed,
  idOf,
  isConfigured,
  limitsArgument,
  shownBypass,
  unreadWords,
} from '../bypass/live/view.ts';
import { keeperOf, keptOff } from '../bypass/keptWords.ts';
import type { Context } from '../context.ts';
import { HostError, isCancelled } from '../host/errors.ts';
import { oneLine, paragraphs } from '../text.ts';
import { agreesToReach } from './agreesToReach.ts';
import type { Canary } from './canaries.ts';
import { Pointed } from './pointed.ts';
import { Poller } from './poller.ts';
import { reasonOf } from './watchedResult.ts';
import { showPage } from './webviewHtml.ts';

/** The whole status, and the processes that have the sockets, are read once in so many readings. */
const EVERY = 6;
/** Kinds of problems for which another attempt would ask a person. */
const ASKS = ['authentication', 'host-key', 'privilege', 'cancelled', 'not-found'];

/** One panel: what the bypasses of a host do, read from it as long as the page is visible. */
export class LivePage implements vscode.Disposable {
  readonly host: string;
  readonly panel: vscode.WebviewPanel;
  readonly #context: Context;
  readonly #onStatus: (status: BypassStatus) => void;
  readonly #poller: Poller;
  readonly #subscriptions: vscode.Disposable[];
  #id: string | undefined;
  #status: BypassStatus | undefined;
  #history = new History();
  #owners: ReadonlyMap<number, Owner> = new Map();
  /** Readings since the last whole status. */
  #readings = 0;
  #readAt: number | undefined;
  #problem: string | undefined;
  #gone: string | undefined;
  #label = '';
  #isBusy = false;
  /** The page listens, and can be seen. */
  #isReady = false;
  #isSeen = true;

  /** @param id a bypass of the host, by one of its cgroups; the first one by default. */
  constructor(
    context: Context,
    panel: vscode.WebviewPanel,
    place: { readonly host: string; readonly id?: string | undefined },
    onStatus: (status: BypassStatus) => void,
  ) {
    this.#context = context;
    this.#onStatus = onStatus;
    this.panel = panel;
    this.host = place.host;
    this.#id = place.id;
    this.#poller = new Poller(
      (signal) => this.#read(signal),
      (error) => {
        this.#fail(error);
      },
    );
    this.#subscriptions = [
      panel.onDidChangeViewState(() => {
        // A hidden tab has lost its page, which asks again when it is back.
        if (!panel.visible) this.#isReady = false;
        this.#turn();
      }),
      panel.webview.onDidReceiveMessage((message: unknown) => {
        const read = readMessage(message);
        if (read !== undefined) void this.#answer(read);
      }),
      context.canaries.onDidChange((host) => {
        if (host === this.host) this.#sendCanary();
      }),
      panel.onDidDispose(() => {
        this.dispose();
      }),
    ];
    showPage(context.extension.extensionUri, panel.webview, {
      title: vscode.l10n.t('Live page of the bypass'),
      script: 'live.js',
      styles: ['panel.css', 'live.css'],
    });
  }

  /** Shows a status that was read just now. @param id the bypass to look at. */
  show(status: BypassStatus, id?: string): void {
    if (id !== undefined) this.#choose(id);
    this.#take(status);
    this.#readAt = Date.now();
    this.#send();
  }

  dispose(): void {
    this.#poller.turn(false);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #turn(): void {
    this.#poller.turn(this.panel.visible && this.#isReady && this.#isSeen);
  }

  /** @returns the milliseconds that the host took, connected. */
  async #read(signal: AbortSignal): Promise<number> {
    const host = await this.#context.host(this.host);
    if (this.#status === undefined || this.#readings >= EVERY || this.#bypass() === undefined)
      await this.#readStatus(signal);
    const bypass = this.#bypass();
    const begin = performance.now();
    if (bypass?.pins !== undefined && unreadWords(bypass) === undefined) {
      const owners = this.#readings === 0;
      const place = { pins: bypass.pins, cgroups: bypass.cgroups };
      const reading = await readLive(host, place, { owners, signal });
      this.#readings++;
      if (reading === undefined || !isConfigured(bypass, reading)) await this.#readStatus(signal);
      if (reading !== undefined) this.#add(reading);
    } else this.#readings = EVERY;
    this.#problem = undefined;
    this.#readAt = Date.now();
    this.#send();
    return performance.now() - begin;
  }

  #add(reading: LiveReading): void {
    this.#history.add(reading);
    if (reading.owners !== undefined) this.#owners = reading.owners;
  }

  async #readStatus(signal: AbortSignal): Promise<void> {
    const status = await bypassStatus(await this.#context.host(this.host), signal);
    this.#take(status);
    this.#onStatus(status);
  }

  #take(status: BypassStatus): void {
    this.#status = status;
    this.#readings = 0;
    const bypass = bypassNamed(status, this.#id);
    if (bypass !== undefined) {
      this.#id = idOf(bypass);
      this.#label = bypassLabel(bypass);
      this.#gone = undefined;
    } else if (this.#label !== '') {
      const time = new Date().toLocaleTimeString();
      this.#gone ??= vscode.l10n.t(
        'The bypass of {0} is no longer loaded: it was not found at {1}.',
        this.#label,
        time,
      );
    }
  }

  #bypass(): Attachment | undefined {
    return this.#status && bypassNamed(this.#status, this.#id);
  }

  #fail(error: unknown): void {
    this.#problem = isCancelled(error)
      ? vscode.l10n.t('Reading was cancelled.')
      : paragraphs(reasonOf(error), 600);
    if (error instanceof HostError && ASKS.includes(error.problem.kind)) this.#poller.turn(false);
    this.#send();
  }

  #choose(id: string): void {
    if (id === this.#id) return;
    this.#id = id;
    this.#label = '';
    this.#gone = undefined;
    this.#history = new History();
    this.#owners = new Map();
    this.#readings = 0;
  }

  async #answer(message: Message): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        this.#send();
        this.#turn();
        return;
      case 'seen':
        this.#isSeen = message.seen;
        this.#turn();
        return;
      case 'choose':
        this.#choose(message.id);
        this.#readings = EVERY;
        this.#send();
        this.#poller.now();
        return;
      case 'retry':
        this.#readings = EVERY;
        this.#turn();
        this.#poller.now();
        return;
      case 'report':
        // These report their own failures.
        void vscode.commands.executeCommand('sockmapBypass.showStatusReport', { host: this.host });
        return;
      case 'load':
        void vscode.commands.executeCommand('sockmapBypass.load');
        return;
      case 'canary':
        void vscode.commands.executeCommand(
          'sockmapBypass.canary',
          new Pointed(this.host, this.#bypass()?.cgroups[0]),
        );
        return;
      case 'endCanary':
        this.#canary()?.cancel();
        return;
      case 'mode':
      case 'reach':
      case 'limits':
        await this.#change(message);
    }
  }

  /** By the command, which asks and says what it always does; only what is named changes. */
  async #change(message: Extract<Message, { type: 'mode' | 'reach' | 'limits' }>) {
    const bypass = this.#bypass();
    const [cgroup] = bypass?.cgroups ?? [];
    if (bypass === undefined || cgroup === undefined || this.#isBusy) return;
    this.#isBusy = true;
    this.#send();
    try {
      const { type: _, ...change } = message;
      const isWanted =
        message.type !== 'reach' || message.reach !== 'host' || (await agreesToReach(this.host));
      if (isWanted) {
        const argument = { host: this.host, cgroup, ...limitsArgument(bypass), ...change };
        const command = 'sockmapBypass.configure';
        const status = await vscode.commands.executeCommand<BypassStatus | undefined>(
          command,
          argument,
        );
        if (status !== undefined) this.#take(status);
      }
    } catch {
      // The command has reported it.
    } finally {
      this.#isBusy = false;
      this.#send();
      this.#poller.now();
    }
  }

  #send(): void {
    if (!this.#isReady) return;
    const message: ToLivePage = { type: 'live', view: this.#view() };
    void this.panel.webview.postMessage(message);
    this.#sendCanary();
  }

  #canary(): Canary | undefined {
    return this.#context.canaries.of(this.host, this.#bypass()?.cgroups ?? []);
  }

  #sendCanary(): void {
    if (!this.#isReady) return;
    const canary = this.#canary();
    const message: ToCanary = { type: 'canary', view: canary && canaryView(canary.state) };
    void this.panel.webview.postMessage(message);
  }

  #view(): LiveView {
    const bypass = this.#bypass();
    return {
      host: oneLine(this.host, 200),
      kept: { host: this.host, id: this.#id },
      bypasses: (this.#status?.attachments ?? []).map((one) => ({
        id: idOf(one),
        label: bypassLabel(one),
      })),
      chosen: bypass && idOf(bypass),
      bypass:
        bypass &&
        shownBypass(bypass, this.#history, this.#owners, keeperOf(this.#status?.kept, bypass)),
      keptOff: keptOff(this.#status),
      gone: this.#gone,
      ageMs: this.#readAt === undefined ? undefined : Date.now() - this.#readAt,
      problem: this.#problem,
      busy: this.#isBusy,
    };
  }
}
