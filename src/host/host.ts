import * as l10n from '@vscode/l10n';
import { commandWords } from './commandWords.ts';
import { cancelled, HostError } from './errors.ts';
import { faultOf, NotRoot } from './fault.ts';
import { Keeper, type Kept, type Key } from './keeper.ts';
import { onLines } from './lines.ts';
import { Rights, type AskPassword, type Privilege } from './privilege.ts';
import { HostProcess, type Ended } from './process.ts';
import { Readiness, type Purpose, type Ready } from './readiness.ts';
import {
  outputOf,
  type CommandOptions,
  type RunOptions,
  type Runner,
  type RunResult,
  type TransactOptions,
} from './run.ts';
import { SshTransport, type SshSettings } from './ssh.ts';
import { visible } from '../text.ts';
import { localTransport, type Transport } from './transport.ts';
import { answerOnce, Watch, type Outcome } from './watch.ts';
import { LIFELINE, PLAIN, wrap, type Sudo } from './wrap.ts';

export type { Privilege } from './privilege.ts';
export type { HostProcess } from './process.ts';
export type { RunOptions, RunResult, TransactOptions } from './run.ts';

export interface HostOptions {
  readonly ssh?: SshSettings;
  readonly askPassword?: AskPassword;
  /** Every command as it starts, and its end with its time and exit status, for a log a person reads. */
  readonly log?: (line: string) => void;
  /** The first command has run there, however it ended: the host can be worked with. */
  readonly onWorks?: () => void;
}

/** Next step after a transaction whose end nobody has seen. */
const endsByItself = (): string =>
  l10n.t('It ends by itself on the host, done or undone: show the status to see which.');

/** A Linux host: the one place that starts processes. */
export class Host implements Runner {
  readonly name: string;
  readonly #transport: Transport;
  readonly #options: HostOptions;
  readonly #rights: Rights;
  readonly #readiness = new Readiness();
  readonly #keeper = new Keeper();
  #works = false;

  /** @param name a host string: `local`, or a destination `ssh` accepts. */
  constructor(name: string, options: HostOptions = {}) {
    this.name = name;
    this.#options = options;
    this.#transport = name === 'local' ? localTransport : new SshTransport(name, options.ssh);
    const run = async (argv: readonly string[], sudo?: Sudo, signal?: AbortSignal) => {
      const tried = sudo === undefined ? l10n.t('read your privileges') : l10n.t('become root');
      return (await this.#run(argv, { tried, signal, root: sudo !== undefined }, sudo)).stdout;
    };
    this.#rights = new Rights(name, run, options.askPassword);
  }

  /**
   * The argv of a terminal on this host that shows `command` to the person, runs it, and stays
   * open as a shell. Without a command: just the shell.
   */
  async terminal(command?: string): Promise<string[]> {
    const shell = 'exec "${SHELL:-sh}"';
    const script = `printf '\\033[1m$ %s\\033[0m\\n' "$1"; sh -c "$2"; ${shell}`;
    const argv =
      command === undefined ? undefined : ['sh', '-c', script, 'sh', visible(command), command];
    return this.#transport instanceof SshTransport
      ? this.#transport.interactive(argv)
      : (argv ?? ['sh', '-c', shell]);
  }

  /**
   * Runs an argv to its end, which comes with that of the caller or the connection at the latest.
   * @throws HostError when it could not run or did not end by itself; a non-zero exit is a result.
   */
  run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    return this.asRoot(options, () => this.#run(argv, options, this.#sudo(options)));
  }

  /** Like `run`, and any exit but 0 is an error that carries the command's own words. */
  async check(argv: readonly string[], options: RunOptions & { next?: string }): Promise<string> {
    const { tried, next } = options;
    return outputOf(await this.run(argv, options), { argv, tried, where: this.name, next });
  }

  /**
   * Runs an argv that changes the host. Once it has begun, it comes to its own end there, done or undone,
   * whatever becomes of the caller and the connection.
   * @throws HostError as `run`.
   */
  transact(argv: readonly string[], options: TransactOptions): Promise<RunResult> {
    return this.asRoot(options, () => this.#transact(argv, options, this.#sudo(options)));
  }

  /** Opens the connection; `run` and `transact` do it by themselves. */
  connect(signal?: AbortSignal): Promise<void> {
    return this.#transport.connect(signal);
  }

  /** Whether there is a connection by now, such as a person makes in a terminal (`terminal`). */
  isConnected(): Promise<boolean> {
    return this.#transport.isOpen();
  }

  /** Starts a process that speaks on its standard streams until its input ends; `connect` before. */
  spawn(argv: readonly string[], options: { tried: string; root?: boolean }): HostProcess {
    return this.#start(PLAIN, argv, options, this.#sudo(options));
  }

  /** Why a process did not run or lost its connection, once it has ended; undefined when it did run. */
  async fault(process: HostProcess, tried: string): Promise<HostError | undefined> {
    return this.#fault(process, await process.ended, tried);
  }

  /**
   * Does what runs a command as root, and does it again where sudo refused that and a person could be
   * asked: nothing has run.
   */
  async asRoot<T>(
    { root = false, signal }: { root?: boolean; signal?: AbortSignal | undefined },
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!root || !(error instanceof NotRoot)) throw error;
      await this.#rights.becomeAgain(error, signal);
      return work();
    }
  }

  /** How commands become root's here. */
  privilege(signal?: AbortSignal): Promise<Privilege> {
    return this.#rights.privilege(signal);
  }

  /**
   * Makes `root: true` work, asking for the sudo password if one is needed. It is kept in memory
   * until `dispose`.
   * @throws HostError of kind `privilege`.
   */
  becomeRoot(signal?: AbortSignal): Promise<void> {
    return this.#rights.become(signal);
  }

  /**
   * Becomes root and sees to it that nothing is in the way of what the host is wanted for. What is known of
   * it stands for a minute.
   * @throws HostError of kind `privilege` or `not-found`, with what is in the way and what to do about it.
   */
  async ready(purpose: Purpose, signal?: AbortSignal): Promise<Ready> {
    await this.becomeRoot(signal);
    return this.#readiness.check(this, purpose, signal);
  }

  /** Has something that is kept on the host end with `dispose`, before the connection. */
  own(kept: Kept): void {
    this.#keeper.own(kept);
  }

  /**
   * Something on the host that `make` makes on first use; it is kept until `dispose`, and made anew when lost.
   * @param key one for each kind of thing.
   */
  keep<T extends Kept>(key: Key<T>, make: () => Promise<T>): Promise<T> {
    return this.#keeper.keep(key, make);
  }

  async dispose(): Promise<void> {
    this.#rights.forget();
    this.#readiness.forget();
    await this.#keeper.dispose();
    await this.#transport.dispose();
  }

  async #run(argv: readonly string[], options: RunOptions, sudo?: Sudo): Promise<RunResult> {
    const { tried, signal, input } = options;
    const process = await this.#open(input === undefined ? LIFELINE : PLAIN, argv, options, sudo);
    if (input !== undefined) process.stdin.end(input);
    // Ending the input ends the command on the host; only if that fails, it is let go of here.
    const stop = () => {
      process.cutInput();
      watch.letGo();
    };
    const watch = new Watch(process, argv, { ...options, onExcess: stop });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    const outcome = await watch.outcome();
    signal?.removeEventListener('abort', stop);
    if (signal?.aborted === true) throw cancelled(tried, this.name);
    return this.#result(process, outcome, tried);
  }

  async #transact(
    argv: readonly string[],
    options: TransactOptions,
    sudo?: Sudo,
  ): Promise<RunResult> {
    const { tried, input = '', onLine, answer } = options;
    const process = await this.#open(PLAIN, argv, options, sudo);
    const watch = new Watch(process, argv, {
      ...options,
      // Too much output is read all the same, and dropped.
      onExcess: ({ kind }) => {
        if (kind === 'timeout') watch.letGo();
      },
    });
    if (onLine !== undefined) onLines(process.stdout, onLine);
    if (answer === undefined) process.stdin.end(input);
    else answerOnce(process, answer, watch);
    const { excess, ...outcome } = await watch.outcome();
    // It was late, and has done it all the same.
    const isDone = excess?.kind === 'timeout' && outcome.ended.exitCode === 0;
    const unseen = excess && { ...excess, next: endsByItself() };
    try {
      return this.#result(process, { ...outcome, excess: isDone ? undefined : unseen }, tried);
    } catch (error) {
      if (!(error instanceof HostError) || error.problem.kind !== 'connection-lost') throw error;
      throw new HostError({ ...error.problem, next: endsByItself() });
    }
  }

  /** Starts a command of this caller, once the connection is there. */
  async #open(
    script: string,
    argv: readonly string[],
    options: CommandOptions,
    sudo: Sudo | undefined,
  ): Promise<HostProcess> {
    const { tried, signal } = options;
    if (signal?.aborted === true) throw cancelled(tried, this.name);
    await this.#transport.connect(signal);
    return this.#start(script, argv, options, sudo);
  }

  #sudo({ root = false }: { root?: boolean }): Sudo | undefined {
    return root ? this.#rights.sudo() : undefined;
  }

  #start(
    script: string,
    argv: readonly string[],
    { tried, root = false }: { tried: string; root?: boolean },
    sudo: Sudo | undefined,
  ): HostProcess {
    const what = `${this.name}${root ? ' (root)' : ''}: ${tried}`;
    this.#options.log?.(`${what}: ${commandWords(argv)}`);
    const wrapped = wrap(script, argv, sudo);
    const begun = performance.now();
    const process = new HostProcess({
      ...this.#transport.command(wrapped.argv),
      login: wrapped.login,
      sudo: wrapped.sudo,
      answerMs: this.#transport.answerMs,
    });
    void process.ended.then(({ exitCode, signal, notStarted }) => {
      const end =
        exitCode === undefined
          ? (signal ?? `not started, ${notStarted ?? ''}`)
          : `exit ${exitCode}`;
      const seconds = (performance.now() - begun) / 1000;
      this.#options.log?.(`${what}: ${end} after ${seconds.toFixed(2)} s`);
    });
    return process;
  }

  #result(
    process: HostProcess,
    { ended, stdout, stderr, excess }: Outcome,
    tried: string,
  ): RunResult {
    const fault = this.#fault(process, ended, tried, excess !== undefined);
    if (fault !== undefined) throw fault;
    if (excess !== undefined) throw new HostError({ ...excess, tried, where: this.name });
    if (!this.#works) this.#options.onWorks?.();
    this.#works = true;
    return { exitCode: ended.exitCode ?? 0, stdout, stderr };
  }

  #fault(process: HostProcess, ended: Ended, tried: string, killed = false): HostError | undefined {
    const { name: where } = this;
    return faultOf(process, ended, { transport: this.#transport, tried, where, killed });
  }
}
