import * as vscode from 'vscode';
import { isCancelled } from '../host/errors.ts';
import type { Diagnosis } from '../verifier/diagnose.ts';
import type { Verified } from './verified.ts';

/** How the last question to a host about a source stands. */
export type Question =
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'answered'; readonly diagnosis: Diagnosis };

/** Questions to hosts about sources, each on its own: one host may be slow, or not there. */
export class Asking implements vscode.Disposable {
  /** By source, then by host. */
  readonly #questions = new Map<string, Map<string, Question>>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  of(source: vscode.Uri, host: string): Question | undefined {
    return this.#questions.get(source.toString())?.get(host);
  }

  /**
   * Drops the questions asked about the source before.
   * @returns what follows a host's answer; nothing more once the next ones have begun.
   */
  begin(source: vscode.Uri): (host: string, answer: Promise<Verified>) => Promise<Verified> {
    const hosts = new Map<string, Question>();
    this.#questions.set(source.toString(), hosts);
    const put = (host: string, question: Question | undefined): void => {
      if (question === undefined) hosts.delete(host);
      else hosts.set(host, question);
      this.#changed.fire();
    };
    return async (host, answer) => {
      put(host, { state: 'running' });
      try {
        const verified = await answer;
        put(host, { state: 'answered', diagnosis: verified.diagnosis });
        return verified;
      } catch (error) {
        put(host, isCancelled(error) ? undefined : { state: 'failed', error });
        throw error;
      }
    };
  }

  forget(source: vscode.Uri): void {
    if (this.#questions.delete(source.toString())) this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
