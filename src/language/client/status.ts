import * as vscode from 'vscode';
import { HostError } from '../../host/errors.ts';
import { BPF_FILES } from '../../views/verifier/files.ts';

const CHOOSE = { command: 'sockmapBypass.chooseEditingHost', title: 'Choose Host' };
const RESTART = { command: 'sockmapBypass.restartClangd', title: 'Restart' };

/** What is behind the language features of a BPF C file, where VS Code shows that: beside its language. */
export class LanguageStatus implements vscode.Disposable {
  readonly #item = vscode.languages.createLanguageStatusItem('sockmapBypass.clangd', BPF_FILES);

  constructor() {
    this.#item.name = 'clangd for BPF C';
    this.idle();
  }

  idle(): void {
    this.#say('clangd: not running', CHOOSE, undefined);
  }

  noHost(): void {
    this.#say('clangd: no host chosen yet', CHOOSE, undefined);
  }

  starting(host: string): void {
    this.#say(`clangd: starting on ${host}`, CHOOSE, undefined, true);
  }

  running(host: string, version: string, busy: string | undefined): void {
    this.#say(`clangd ${version} on ${host}`, CHOOSE, busy, busy !== undefined);
  }

  missing(host: string): void {
    const install = {
      command: 'sockmapBypass.installClangd',
      title: 'Install',
      arguments: [{ host }],
    };
    this.#say(`no clangd on ${host}: clang checks what is saved`, install, undefined);
    this.#item.severity = vscode.LanguageStatusSeverity.Warning;
  }

  waiting(error: unknown, pauseMs: number): void {
    this.#say(`clangd: starting again in ${pauseMs / 1000} s`, RESTART, told(error), true);
    this.#item.severity = vscode.LanguageStatusSeverity.Warning;
  }

  halted(error: unknown): void {
    this.#say('clangd: stopped', RESTART, told(error));
    this.#item.severity = vscode.LanguageStatusSeverity.Error;
  }

  #say(text: string, command: vscode.Command, detail: string | undefined, busy = false): void {
    this.#item.severity = vscode.LanguageStatusSeverity.Information;
    this.#item.text = text;
    this.#item.command = command;
    this.#item.detail = detail ?? '';
    this.#item.busy = busy;
  }

  dispose(): void {
    this.#item.dispose();
  }
}

const told = (error: unknown): string =>
  error instanceof HostError || error instanceof Error ? error.message : String(error);
