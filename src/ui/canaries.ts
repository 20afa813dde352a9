import * as vscode from 'vscode';
import type { CanaryState } from '../assess/canary/view.ts';

/** A canary of this window. */
export interface Canary {
  readonly host: string;
  /** One of those of its bypass. */
  readonly cgroup: string;
  readonly state: CanaryState;
  readonly cancel: () => void;
}

/** The last canary of each bypass, for as long as the window is open: pages show it. */
export class Canaries implements vscode.Disposable {
  readonly #all: Canary[] = [];
  readonly #changed = new vscode.EventEmitter<string>();
  /** One of this host began, has a reading, or has ended. */
  readonly onDidChange = this.#changed.event;

  /** Takes the place of an earlier one of the same cgroup. */
  keep(canary: Canary): void {
    const { host, cgroup } = canary;
    const at = this.#all.findIndex((one) => one.host === host && one.cgroup === cgroup);
    this.#all.splice(at < 0 ? this.#all.length : at, 1);
    this.#all.push(canary);
    this.#changed.fire(host);
  }

  /** @returns the latest of the bypass of these cgroups. */
  of(host: string, cgroups: readonly string[]): Canary | undefined {
    return this.#all.findLast((one) => one.host === host && cgroups.includes(one.cgroup));
  }

  dispose(): void {
    for (const { cancel } of this.#all) cancel();
    this.#changed.dispose();
  }
}
