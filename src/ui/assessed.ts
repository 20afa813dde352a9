import * as vscode from 'vscode';
import type { Assessment } from '../assess/assessment.ts';

export interface Assessed {
  readonly assessment: Assessment;
  /** The request, to repeat it. */
  readonly seconds: number;
  readonly cgroup: string | undefined;
  /** When it ended, as `Date.now()` has it. */
  readonly at: number;
}

/** The last assessment of each host. Who talks to whom changes: it is kept in memory, and shown with its age. */
export class AssessedHosts implements vscode.Disposable {
  readonly #all = new Map<string, Assessed>();
  readonly #changed = new vscode.EventEmitter<string>();
  /** A host has been assessed. */
  readonly onDidAssess = this.#changed.event;

  keep(assessed: Omit<Assessed, 'at'>): void {
    const { host } = assessed.assessment;
    this.#all.set(host, { ...assessed, at: Date.now() });
    this.#changed.fire(host);
  }

  of(host: string): Assessed | undefined {
    return this.#all.get(host);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
