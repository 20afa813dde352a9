import * as vscode from 'vscode';
import { HostError } from '../host/errors.ts';
import { BPF_FILES } from '../diagnostics/bpfFiles.ts';
import { LanguageItem, type LanguageState } from '../ui/window.ts';

const CHOOSE = { command: 'sockmapBypass.chooseEditingHost', title: vscode.l10n.t('Choose Host') };
const RESTART = { command: 'sockmapBypass.restartClangd', title: vscode.l10n.t('Restart') };

/** The state behind the language features of a BPF C file, shown beside its language. */
export class LanguageStatus implements vscode.Disposable {
  readonly #item = new LanguageItem(
    'sockmapBypass.clangd',
    vscode.l10n.t('clangd for BPF C'),
    BPF_FILES,
  );

  constructor() {
    this.idle();
  }

  idle(): void {
    this.#say(vscode.l10n.t('clangd: not running'), CHOOSE);
  }

  noHost(): void {
    this.#say(vscode.l10n.t('clangd: no host chosen yet'), CHOOSE);
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
    this.#say(vscode.l10n.t('no clangd on {0}: clang checks what is saved', host), install, {
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
    more: Pick<LanguageState, 'detail' | 'busy' | 'severity'> = {},
  ): void {
    this.#item.show({ text, command, ...more });
  }

  dispose(): void {
    this.#item.dispose();
  }
}

const detailOf = (error: unknown): string =>
  error instanceof HostError || error instanceof Error ? error.message : String(error);
