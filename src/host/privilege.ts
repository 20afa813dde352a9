import * as l10n from '@vscode/l10n';
import { HostError, isCancelled } from './errors.ts';
import { NotRoot } from './fault.ts';
import { scriptArgv } from './hostScript.ts';
import type { Sudo } from './wrap.ts';

export type Privilege = 'root' | 'sudo' | 'sudo-password' | 'none';

/**
 * Asks for a password for sudo.
 * @param account whose password it is, where sudo says so: not everywhere the person's own.
 * @returns undefined when the person declines.
 */
export type AskPassword = (
  host: string,
  retry: boolean,
  account?: string,
) => Promise<string | undefined>;

/** Runs a command on the host, as root by sudo where that is given, and gives its standard output. */
type Run = (argv: readonly string[], sudo?: Sudo, signal?: AbortSignal) => Promise<string>;

/** How commands become root's on a host, and the password for it, which is kept in memory only. */
export class Rights {
  readonly #host: string;
  readonly #run: Run;
  readonly #ask: AskPassword | undefined;
  #privilege: Exclude<Privilege, 'none'> | undefined;
  /** Why root cannot be had without a password, and what to do about it. */
  #refusal = { words: '', next: '' };
  #password: string | undefined;
  #passwordOf: string | undefined;
  #becoming: Promise<void> | undefined;

  constructor(host: string, run: Run, ask: AskPassword | undefined) {
    this.#host = host;
    this.#run = run;
    this.#ask = ask;
  }

  /** Asked from the host once, as long as the answer is not no. */
  async privilege(signal?: AbortSignal): Promise<Privilege> {
    if (this.#privilege !== undefined) return this.#privilege;
    const found = (await this.#run(scriptArgv('who.sh'), undefined, signal)).trim();
    if (found === 'root') this.#privilege = 'root';
    else if (found === 'sudo') return this.#trySudo(signal);
    else if (found !== 'none') {
      throw new HostError({
        kind: 'command',
        tried: l10n.t('read your privileges'),
        where: this.#host,
        words: l10n.t('the host did not say whose account it is'),
        next: l10n.t("Look at the host's memory and limits of processes, then try again."),
      });
    } else {
      this.#refusal = {
        words: l10n.t('the user is not root and there is no sudo'),
        next: l10n.t('Log in as root, or install sudo.'),
      };
      return 'none';
    }
    return this.#privilege;
  }

  /** Tries what will be run: sudo may allow other commands than this. */
  async #trySudo(signal?: AbortSignal): Promise<Privilege> {
    try {
      await this.#run(['true'], { password: undefined }, signal);
      this.#privilege = 'sudo';
    } catch (error) {
      if (!(error instanceof NotRoot)) throw error;
      this.#refusal = error.problem;
      // Where sudo wants no password for what it allows, none helps.
      const allowed = await this.#run(scriptArgv('sudo-allows.sh'), undefined, signal);
      if (allowed.trim() !== '') {
        const words = `${l10n.t('sudo does not allow a root shell')}\n${error.problem.words}\n${allowed}`;
        this.#refusal = { words: words.slice(0, 4096), next: error.problem.next };
        return 'none';
      }
      this.#privilege = 'sudo-password';
    }
    return this.#privilege;
  }

  /**
   * Makes `sudo` work, asking for a password if one is needed.
   * @throws HostError of kind `privilege`.
   */
  async become(signal?: AbortSignal): Promise<void> {
    // Who wants it meanwhile waits for the same answer: a person is asked once.
    try {
      await this.#becoming;
    } catch (error) {
      if (!isCancelled(error)) throw error;
    }
    this.#becoming ??= this.#become(signal).finally(() => {
      this.#becoming = undefined;
    });
    await this.#becoming;
  }

  /** The same after a command was not made root's: what was known of the host is so no more. */
  async becomeAgain(error: NotRoot, signal?: AbortSignal): Promise<void> {
    if (this.#becoming === undefined) {
      this.#privilege = undefined;
      if (error.asks) {
        this.#password = undefined;
        this.#passwordOf = error.passwordOf;
      }
    }
    await this.become(signal);
  }

  async #become(signal?: AbortSignal): Promise<void> {
    const privilege = await this.privilege(signal);
    if (privilege === 'root' || privilege === 'sudo' || this.#password !== undefined) return;
    if (privilege === 'none') throw this.#refuse(this.#refusal.words, this.#refusal.next);
    for (let attempt = 0; attempt < 3; attempt++) {
      const password = await this.#ask?.(this.#host, attempt > 0, this.#passwordOf);
      if (password === undefined) {
        throw this.#refuse(
          `${l10n.t('sudo needs a password')}\n${this.#refusal.words}`.trim(),
          l10n.t('Give it when asked, log in as root, or allow sudo without one.'),
        );
      }
      try {
        await this.#run(['true'], { password }, signal);
        this.#password = password;
        return;
      } catch (error) {
        if (!(error instanceof NotRoot) || !error.asks) throw error;
        this.#passwordOf = error.passwordOf;
      }
    }
    throw this.#refuse(
      '3 incorrect passwords',
      l10n.t('Check the password of your account on that host.'),
    );
  }

  #refuse(words: string, next: string): HostError {
    const problem = { kind: 'privilege', tried: l10n.t('become root'), where: this.#host } as const;
    return new HostError({ ...problem, words, next });
  }

  /** How a command is made root's now; undefined: it is already. */
  sudo(): Sudo | undefined {
    if (this.#privilege === 'root') return undefined;
    if (this.#privilege === 'sudo' || this.#password !== undefined)
      return { password: this.#password };
    throw new HostError({
      kind: 'privilege',
      tried: l10n.t('run as root'),
      where: this.#host,
      words: l10n.t('not root'),
      next: l10n.t('Call becomeRoot first.'),
    });
  }

  forget(): void {
    this.#password = undefined;
    this.#privilege = undefined;
  }
}
