import * as vscode from 'vscode';
import { HostError } from '../host/errors.ts';
import { BPF_FILES } from '../diagnostics/bpfFiles.ts';
import { LanguageItem, type LanguageState } from '../ui/window.ts';

const CHOOSE = { command: 'sockmapBypass.chooseEditingHost', title: 'Choose Host' };
const RESTART = { command: 'sockmapBypass.restartClangd', title: 'Restart' };

/** The state behind the language features of a BPF C file, shown beside its language. */
export class LanguageStatus implements vscode.Disposable {
  readonly #item = new LanguageItem('sockmapBypass.clangd', 'clangd for BPF C', BPF_FILES);

  constructor() {
    this.idle();
  }

  idle(): void {
    this.#say('clangd: not running', CHOOSE);
  }

  noHost(): void {
    this.#say('clangd: no host chosen yet', CHOOSE);
  }

  starting(host: string): void {
    this.#say(`clangd: starting on ${host}`, CHOOSE, { busy: true });
  }

  running(host: string, version: string, busy: string | undefined): void {
    this.#say(`clangd ${version} on ${host}`, CHOOSE, {
      detail: busy,
      busy: busy !== undefined,
    });
  }

  missing(host: string): void {
    const install = {
      command: 'sockmapBypass.installClangd',
      title: 'Install',
      arguments: [{ host }],
    };
    const severity = vscode.LanguageStatusSeverity.Warning;
    this.#say(`no clangd on ${host}: clang checks what is saved`, install, { severity });
  }

  waiting(error: unknown, pauseMs: number): void {
    const severity = vscode.LanguageStatusSeverity.Warning;
    const more = { detail: detailOf(error), busy: true, severity };
    this.#say(`clangd: starting again in ${pauseMs / 1000} s`, RESTART, more);
  }

  halted(error: unknown): void {
    const severity = vscode.LanguageStatusSeverity.Error;
    this.#say('clangd: stopped', RESTART, { detail: detailOf(error), severity });
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
