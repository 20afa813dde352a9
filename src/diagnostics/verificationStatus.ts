import * as vscode from 'vscode';
import type { Diagnosis } from '../verifier/diagnose.ts';
import type { BpfStatus, Part } from '../ui/bpfStatus.ts';

type State = Pick<Part, 'icon' | 'text' | 'severity' | 'detail'>;

const UNKNOWN: State = { text: vscode.l10n.t('BPF: not verified yet') };

const VERIFY = { command: 'sockmapBypass.verify', title: vscode.l10n.t('Verify') };

/** How the file in the editor fares with the verifier. */
export class VerifierStatus implements vscode.Disposable {
  readonly #status: BpfStatus;
  readonly #states = new Map<string, State>();
  /** Files that are being verified, and where. */
  readonly #busy = new Map<string, readonly string[]>();
  readonly #subscription = vscode.window.onDidChangeActiveTextEditor(() => {
    this.#show();
  });

  constructor(status: BpfStatus) {
    this.#status = status;
    this.#show();
  }

  begins(uri: vscode.Uri, hosts: readonly string[]): void {
    this.#busy.set(uri.toString(), hosts);
    this.#show();
  }

  /** Given up, it is as it was before. */
  ends(uri: vscode.Uri): void {
    this.#busy.delete(uri.toString());
    this.#show();
  }

  verified(uri: vscode.Uri, all: readonly Diagnosis[], milliseconds: number): void {
    const isWrong = all.some(({ findings }) =>
      findings.some(({ severity }) => severity === 'error'),
    );
    const where = all.map(({ host, kernel }) => `${kernel} on ${host}`.trim()).join(', ');
    this.#setState(uri, {
      icon: isWrong ? 'error' : 'pass',
      text: isWrong ? vscode.l10n.t('BPF: rejected') : vscode.l10n.t('BPF: verified'),
      severity: isWrong
        ? vscode.LanguageStatusSeverity.Error
        : vscode.LanguageStatusSeverity.Information,
      detail: `${where}, ${(milliseconds / 1000).toFixed(1)} s`,
    });
  }

  failed(uri: vscode.Uri, error: unknown): void {
    this.#setState(uri, {
      icon: 'warning',
      text: vscode.l10n.t('BPF: not verified'),
      severity: vscode.LanguageStatusSeverity.Error,
      detail: error instanceof Error ? error.message : String(error),
    });
  }

  forget(uri: vscode.Uri): void {
    this.#states.delete(uri.toString());
    this.ends(uri);
  }

  #setState(uri: vscode.Uri, state: State): void {
    this.#states.set(uri.toString(), state);
    this.#show();
  }

  #show(): void {
    const key = vscode.window.activeTextEditor?.document.uri.toString() ?? '';
    const hosts = this.#busy.get(key);
    const state = this.#states.get(key) ?? UNKNOWN;
    this.#status.show('verifier', {
      ...state,
      ...(hosts && {
        icon: 'loading~spin',
        text: vscode.l10n.t('verifying on {0}', hosts.join(', ')),
      }),
      busy: hosts !== undefined,
      command: VERIFY,
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
