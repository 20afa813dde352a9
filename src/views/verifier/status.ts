import * as vscode from 'vscode';
import type { Diagnosis } from '../../language/verifier/diagnose.ts';
import { BPF_FILES } from './files.ts';

interface State {
  readonly text: string;
  readonly severity: vscode.LanguageStatusSeverity;
  readonly detail: string;
}

const UNKNOWN: State = {
  text: 'BPF: not verified yet',
  severity: vscode.LanguageStatusSeverity.Information,
  detail: '',
};

/** How the file in the editor fares with the verifier, where VS Code shows that: beside its language. */
export class VerifierStatus implements vscode.Disposable {
  readonly #item = vscode.languages.createLanguageStatusItem('sockmapBypass.verifier', BPF_FILES);
  readonly #states = new Map<string, State>();
  /** Files that are being verified, and where. */
  readonly #busy = new Map<string, readonly string[]>();
  readonly #subscription = vscode.window.onDidChangeActiveTextEditor(() => {
    this.#show();
  });

  constructor() {
    this.#item.name = 'BPF verifier';
    this.#item.command = { command: 'sockmapBypass.verify', title: 'Verify' };
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
    this.#tell(uri, {
      text: isWrong ? '$(error) BPF: rejected' : '$(pass) BPF: verified',
      severity: isWrong
        ? vscode.LanguageStatusSeverity.Error
        : vscode.LanguageStatusSeverity.Information,
      detail: `${where}, ${(milliseconds / 1000).toFixed(1)} s`,
    });
  }

  failed(uri: vscode.Uri, error: unknown): void {
    this.#tell(uri, {
      text: '$(warning) BPF: not verified',
      severity: vscode.LanguageStatusSeverity.Error,
      detail: error instanceof Error ? error.message : String(error),
    });
  }

  forget(uri: vscode.Uri): void {
    this.#states.delete(uri.toString());
    this.ends(uri);
  }

  #tell(uri: vscode.Uri, state: State): void {
    this.#states.set(uri.toString(), state);
    this.#show();
  }

  #show(): void {
    const key = vscode.window.activeTextEditor?.document.uri.toString() ?? '';
    const hosts = this.#busy.get(key);
    const { text, severity, detail } = this.#states.get(key) ?? UNKNOWN;
    this.#item.text = hosts ? `$(loading~spin) verifying on ${hosts.join(', ')}` : text;
    this.#item.busy = hosts !== undefined;
    this.#item.severity = severity;
    this.#item.detail = detail;
  }

  dispose(): void {
    this.#item.dispose();
    this.#subscription.dispose();
  }
}
