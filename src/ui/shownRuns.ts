import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { ResultDocument } from '../results/document.ts';
import {
  MOST_RUNS,
  sentGrowth,
  sentRun,
  type ShownRun,
  type ToPanel,
} from '../results/protocol.ts';
import { oneLine, paragraphs } from '../text.ts';
import { baseName, WatchedResult } from './watchedResult.ts';

/** The runs of one panel: the editor's own file, and files a person has picked beside it. */
export class ShownRuns implements vscode.Disposable {
  readonly #own: WatchedResult;
  readonly #send: (state: ToPanel) => void;
  #others: WatchedResult[] = [];
  readonly #subscription: vscode.Disposable;
  /** The page asks first: a message that is sent before would wait there, and be drawn for nothing. */
  #isListening = false;
  #isDisposed = false;
  /** The page has these documents; none where it shows a fault. */
  #sent: readonly ResultDocument[] = [];

  constructor(own: WatchedResult, send: (state: ToPanel) => void) {
    this.#own = own;
    this.#send = send;
    this.#subscription = own.onDidChange(() => {
      this.#update();
    });
  }

  /** All that can be shown now; empty where the panel's own file cannot. */
  runs(): ShownRun[] {
    return [this.#own, ...this.#others].flatMap(({ state }) => state?.run ?? []);
  }

  /** The page has asked: a hidden one is gone, and asks again when it is back. */
  sendAll(): void {
    this.#isListening = true;
    const { state } = this.#own;
    const [own, ...others] = this.runs();
    this.#sent = [];
    if (state?.reason !== undefined) {
      this.#send({
        type: 'invalid',
        reason: paragraphs(state.reason),
        fileName: oneLine(this.#own.name),
      });
    } else if (own) {
      this.#sent = [own, ...others].map(({ document }) => document);
      this.#send({ type: 'runs', runs: [sentRun(own), ...others.map(sentRun)] });
    }
  }

  /** Sends what was added where nothing else has changed. */
  #update(): void {
    if (!this.#isListening) return;
    const runs = this.runs();
    if (this.#own.state?.run === undefined || runs.length !== this.#sent.length) {
      this.sendAll();
      return;
    }
    for (const [index, run] of runs.entries()) {
      const before = this.#sent[index];
      if (before === undefined || before === run.document) continue;
      const growth = sentGrowth(index, before, run);
      if (growth === undefined) {
        this.sendAll();
        return;
      }
      this.#send({ type: 'grown', ...growth });
    }
    this.#sent = runs.map(({ document }) => document);
  }

  /** @throws Error where it is no result document, or one too many. */
  async add(uri: vscode.Uri): Promise<void> {
    const known = [this.#own, ...this.#others].find(
      (each) => each.uri.toString() === uri.toString(),
    );
    if (known !== undefined) {
      if (known.state?.reason !== undefined) throw unshown(known, known.state.reason);
      return;
    }
    // One whose file is gone or broken is shown again when it is back, but takes no other's place.
    if (this.#others.length + 1 >= MOST_RUNS) this.#dropUnshown();
    if (this.#others.length + 1 >= MOST_RUNS) {
      throw new Error(
        l10n.t(
          '{0} is not shown: no more than {1} runs can be told apart. Remove one first.',
          baseName(uri),
          MOST_RUNS,
        ),
      );
    }
    const file = new WatchedResult(uri);
    const { reason } = await file.first;
    // The panel may have been closed meanwhile.
    if (reason !== undefined || this.#isDisposed) file.dispose();
    if (this.#isDisposed) return;
    if (reason !== undefined) throw unshown(file, reason);
    this.#others.push(file);
    file.onDidChange(() => {
      this.#update();
    });
    this.#update();
  }

  /** @param run as in the panel: the files that can be shown, in their order; the second one is 1. */
  uriOf(run: number): vscode.Uri | undefined {
    return this.#shownAs(run)?.uri;
  }

  #shownAs(run: number): WatchedResult | undefined {
    return this.#others.filter(({ state }) => state?.run)[run - 1];
  }

  /** @param run see `uriOf`. */
  remove(run: number): void {
    const file = this.#shownAs(run);
    if (!file) return;
    this.#others.splice(this.#others.indexOf(file), 1);
    file.dispose();
    this.#update();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#subscription.dispose();
    for (const file of this.#others) file.dispose();
  }

  #dropUnshown(): void {
    for (const file of this.#others) if (file.state?.run === undefined) file.dispose();
    this.#others = this.#others.filter(({ state }) => state?.run !== undefined);
  }
}

const unshown = ({ name }: WatchedResult, reason: string): Error =>
  new Error(l10n.t('{0} cannot be shown: {1}', name, reason));
