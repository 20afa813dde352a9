import * as vscode from 'vscode';
import { HostError } from '../host/errors.ts';
import type { BpfStatus, Part } from '../ui/bpfStatus.ts';

const CHOOSE = { command: 'sockmapBypass.chooseEditingHost', title: vscode.l10n.t('Choose Host') };
const RESTART = { command: 'sockmapBypass.restartClangd', title: vscode.l10n.t('Restart') };

/** The state behind the language features of a BPF C file. */
export class ClangdStatus {
  readonly #status: BpfStatus;

  constructor(status: BpfStatus) {
    this.#status = status;
    this.idle();
  }

  idle(): void {
    this.#say(vscode.l10n.t('clangd: not running'), CHOOSE);
  }

  noHost(): void {
    this.#say(vscode.l10n.t('clangd: no host chosen yet'), CHOOSE, { comesFirst: true });
  }

  starting(host: string): void {
    this.#say(vscode.l10n.t('clangd: starting on {0}', host), CHOOSE, { busy: true });
  }

  running(host: string, version: string, busy: string | undefined): void {
    this.#say(vscode.l10n.t('clangd {0} on {1}', version, host), CHOOSE, {
      detail: busy,
      busy: busy !== undefined,
    });
  }

  missing(host: string): void {
    const install = {
      command: 'sockmapBypass.installClangd',
      title: vscode.l10n.t('Install'),
      arguments: [{ host }],
    };
    const severity = vscode.LanguageStatusSeverity.Warning;
    this.#say(vscode.l10n.t('no clangd on {0}: clang checks saved files', host), install, {
      severity,
    });
  }

  waiting(error: unknown, pauseMs: number): void {
    const severity = vscode.LanguageStatusSeverity.Warning;
    const more = { detail: detailOf(error), busy: true, severity };
    this.#say(vscode.l10n.t('clangd: starting again in {0} s', pauseMs / 1000), RESTART, more);
  }

  halted(error: unknown): void {
    const severity = vscode.LanguageStatusSeverity.Error;
    this.#say(vscode.l10n.t('clangd: stopped'), RESTART, { detail: detailOf(error), severity });
  }

  #say(
    text: string,
    command: vscode.Command,
    more: Pick<Part, 'detail' | 'busy' | 'severity' | 'comesFirst'> = {},
  ): void {
    this.#status.show('clangd', { text, command, ...more });
  }
}

const detailOf = (error: unknown): string =>
  error instanceof HostError || error instanceof Error ? error.message : String(error);
