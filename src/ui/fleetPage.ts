import * as vscode from 'vscode';
import { readStatus } from '../bypass/status.ts';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import { fleetOf, type FleetPlace } from '../results/fleet/fleet.ts';
import {
  isFromFleetPage,
  type FromFleetPage,
  type ToFleetPage,
} from '../results/fleet/protocol.ts';
import { usedHosts } from '../workspace/knownHosts.ts';
import { FleetDocuments, type LatestRun } from './fleetDocuments.ts';
import { fleetRow, type FleetReading } from './fleetRows.ts';
import { Pointed } from './pointed.ts';
import type { ResultsView } from './resultsView.ts';
import { reasonOf } from './watchedResult.ts';
import { showPage } from './webviewHtml.ts';

/** Hosts that are read at the same time. */
const AT_ONCE = 4;
/** Between two rounds at least; and hosts are read for no more than a tenth of the time. */
const PAUSE_MS = 10_000;
const IDLE_SHARE = 10;

/**
 * One panel: the hosts that a person has used, what is loaded on each, and what their latest results say. Hosts are
 * read as long as the page is visible. One that failed is read again only when a person asks for it.
 */
export class FleetPage {
  readonly #context: Context;
  readonly #results: ResultsView;
  readonly #panel: vscode.WebviewPanel;
  readonly #documents = new FleetDocuments();
  readonly #readings = new Map<string, FleetReading>();
  #latest: ReadonlyMap<string, LatestRun> = new Map();
  #places: readonly FleetPlace[] = [];
  #reading: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The page listens, and can be seen. */
  #isReady = false;
  #isSeen = true;

  constructor(context: Context, results: ResultsView, panel: vscode.WebviewPanel) {
    this.#context = context;
    this.#results = results;
    this.#panel = panel;
    const subscriptions = [
      panel.webview.onDidReceiveMessage((message: unknown) => {
        if (isFromFleetPage(message)) void this.#answer(message);
      }),
      panel.onDidChangeViewState(() => {
        // A hidden tab has lost its page, which asks again when it is back.
        if (!panel.visible) this.#isReady = false;
        this.#turn();
      }),
      results.onDidChange(() => {
        void this.#readResults();
      }),
    ];
    panel.onDidDispose(() => {
      this.#isReady = false;
      this.#turn();
      for (const each of subscriptions) each.dispose();
    });
    showPage(context.extension.extensionUri, panel.webview, {
      title: vscode.l10n.t('Fleet'),
      script: 'fleet.js',
      styles: ['panel.css', 'live.css', 'fleet.css'],
    });
  }

  /** Reads all hosts, those that failed as well. */
  readAgain(): void {
    for (const [host, { problem: _, ...rest }] of this.#readings) this.#readings.set(host, rest);
    this.#stop();
    this.#turn();
  }

  async #answer(message: FromFleetPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        await this.#readResults();
        this.#turn();
        return;
      case 'seen':
        this.#isSeen = message.seen;
        this.#turn();
        return;
      case 'read':
        this.readAgain();
        return;
      case 'retry':
        if (usedHosts(this.#context).includes(message.host)) await this.#read(message.host);
        return;
      case 'open': {
        const run = this.#latest.get(message.host);
        if (run === undefined) return;
        return this.#run('vscode.open', vscode.Uri.file(run.file), { preview: false });
      }
      case 'status':
        if (!usedHosts(this.#context).includes(message.host)) return;
        return this.#run('sockmapBypass.status', new Pointed(message.host));
      case 'rollOut':
        return this.#run('sockmapBypass.rollOut');
      case 'checkHost':
        return this.#run('sockmapBypass.checkHost');
      case 'benchmark':
        return this.#run('sockmapBypass.runBenchmark');
    }
  }

  /** Each command reports its own failure. */
  async #run(command: string, ...argument: unknown[]): Promise<void> {
    try {
      await vscode.commands.executeCommand(command, ...argument);
    } catch {
      // Reported.
    }
  }

  async #readResults(): Promise<void> {
    if (!this.#isReady) return;
    this.#latest = await this.#documents.read(await this.#results.newest());
    this.#places = fleetOf(Array.from(this.#latest.values(), ({ document }) => document)).places;
    this.#send();
  }

  #turn(): void {
    const isWanted = this.#panel.visible && this.#isReady && this.#isSeen;
    if (!isWanted) this.#stop();
    else if (this.#reading === undefined) void this.#round((this.#reading = new AbortController()));
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#reading?.abort();
    this.#reading = undefined;
  }

  async #round(own: AbortController): Promise<void> {
    const began = performance.now();
    const due = usedHosts(this.#context)
      .filter((host) => this.#readings.get(host)?.problem === undefined)
      .values();
    const work = async (): Promise<void> => {
      for (const host of due) {
        if (own.signal.aborted) return;
        await this.#read(host, own.signal);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (own.signal.aborted) return;
    const pause = Math.max(PAUSE_MS, IDLE_SHARE * (performance.now() - began));
    this.#timer = setTimeout(() => {
      void this.#round(own);
    }, pause);
  }

  /** It never rejects: the failure is shown in the row. */
  async #read(host: string, signal?: AbortSignal): Promise<void> {
    const { read } = this.#readings.get(host) ?? {};
    const before = read && { read };
    this.#keep(host, { ...before, isReading: true });
    try {
      const connected = await this.#context.host(host);
      const { facts } = await connected.ready('control', signal);
      const status = await readStatus(connected, signal);
      this.#keep(host, { read: { kernel: facts.kernel, status }, isReading: false });
    } catch (error) {
      const isLeft = signal?.aborted === true && isCancelled(error);
      const problem = isCancelled(error)
        ? vscode.l10n.t('Reading was cancelled.')
        : reasonOf(error);
      this.#keep(host, { ...before, isReading: false, ...(!isLeft && { problem }) });
    }
  }

  #keep(host: string, reading: FleetReading): void {
    this.#readings.set(host, reading);
    this.#send();
  }

  #send(): void {
    if (!this.#isReady) return;
    const used = usedHosts(this.#context);
    const others = Array.from(this.#latest.keys()).filter((host) => !used.includes(host));
    const rows = [...used, ...others].map((host) =>
      fleetRow(
        host,
        used.includes(host) ? (this.#readings.get(host) ?? { isReading: true }) : undefined,
        this.#latest.get(host)?.result,
      ),
    );
    const message: ToFleetPage = { type: 'fleet', view: { rows, places: this.#places } };
    void this.#panel.webview.postMessage(message);
  }
}
