import { Collected } from './bounded.ts';
import { cancelled, HostError } from './errors.ts';
import { faultOf, NotRoot } from './fault.ts';
import { Keeper, type Kept, type Key } from './keeper.ts';
import { onLines } from './lines.ts';
import { Rights, type AskPassword, type Privilege } from './privilege.ts';
import { HostProcess, type Ended } from './process.ts';
import { shellLine } from './quote.ts';
import { Readiness, type Purpose, type Ready } from './readiness.ts';
import type { RunOptions, Runner, RunResult } from './run.ts';
import { SshTransport, type SshSettings } from './ssh.ts';
import { visible } from '../text.ts';
import { localTransport, type Transport } from './transport.ts';
import { LIFELINE, PLAIN, wrap, type Sudo } from './wrap.ts';

export type { Privilege } from './privilege.ts';
export type { HostProcess } from './process.ts';
export type { RunOptions, RunResult } from './run.ts';

export interface HostOptions {
  readonly ssh?: SshSettings;
  readonly askPassword?: AskPassword;
  /** Every command as it starts, for a log a person reads. */
  readonly log?: (line: string) => void;
}

const MIB = 1024 * 1024;
const MAX_MIB = 32;
/** Of the words of complaint. */
const MAX_WORDS_MIB = 8;

/** Of what runs with `finish`. */
const ENDS_BY_ITSELF =
  'It ends by itself on the host, done or undone: show the status to see which.';

/** A Linux host: the one place that starts processes. */
export class Host implements Runner {
  readonly name: string;
  readonly #transport: Transport;
  readonly #options: HostOptions;
  readonly #rights: Rights;
  readonly #readiness = new Readiness();
  readonly #keeper = new Keeper();

  /** @param name a host string: `local`, or a destination `ssh` accepts. */
  constructor(name: string, options: HostOptions = {}) {
    this.name = name;
    this.#options = options;
    this.#transport = name === 'local' ? localTransport : new SshTransport(name, options.ssh);
    const run = async (argv: readonly string[], sudo?: Sudo, signal?: AbortSignal) => {
      const tried = sudo === undefined ? 'read your privileges' : 'become root';
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
   * Runs an argv to its end.
   * @throws HostError when it could not run or did not end by itself; a non-zero exit is a result.
   */
  async run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    return this.asRoot(options, () => {
      const sudo = options.root === true ? this.#rights.sudo() : undefined;
      return this.#run(argv, options, sudo);
    });
  }

  /** Like `run`, and any exit but 0 is an error that carries the command's own words. */
  async check(argv: readonly string[], options: RunOptions & { next?: string }): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(argv, options);
    if (exitCode === 0) return stdout;
    throw new HostError({
      kind: 'command',
      tried: options.tried,
      where: this.name,
      words: [stderr.trim() === '' ? stdout : stderr, `${argv[0] ?? ''}: exit code ${exitCode}`]
        .join('\n')
        .trim(),
      next: options.next ?? '',
    });
  }

  /** Opens the connection; `run` does it by itself. */
  connect(signal?: AbortSignal): Promise<void> {
    return this.#transport.connect(signal);
  }

  /** Starts a process that speaks on its standard streams until its input ends; `connect` before. */
  spawn(argv: readonly string[], options: { tried: string; root?: boolean }): HostProcess {
    const sudo = options.root === true ? this.#rights.sudo() : undefined;
    return this.#start(PLAIN, argv, options, sudo);
  }

  /** Why a process did not run or lost its connection, once it has ended; undefined when it did run. */
  async fault(process: HostProcess, tried: string): Promise<HostError | undefined> {
    return this.#fault(process, await process.ended, { tried });
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

  /** What is kept on the host for longer than a command goes with `dispose`, before the connection. */
  own(kept: Kept): void {
    this.#keeper.own(kept);
  }

  /**
   * What `make` makes on the host, made on first use, kept until `dispose`, and made anew when it is lost.
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
    const { tried, signal, timeoutMs = 60_000, maxMiB = MAX_MIB, finish = false } = options;
    const aborted = () => signal?.aborted === true;
    if (aborted()) throw cancelled(tried, this.name);
    await this.#transport.connect(signal);
    const lifeline = options.input === undefined && !finish;
    const process = this.#start(lifeline ? LIFELINE : PLAIN, argv, options, sudo);
    if (!lifeline && options.answer === undefined) process.stdin.end(options.input ?? '');

    // Ending the input ends the command on the host; only if that fails, let go of it here.
    const stopped: { why?: HostError } = {};
    let force: NodeJS.Timeout | undefined;
    const stop = () => {
      if (!finish) process.cutInput();
      force ??= setTimeout(() => {
        process.kill();
      }, 5000);
    };
    const tooMuch = (stream: string, limit: number) => () => {
      const command = shellLine(argv).slice(0, 1000);
      const words = `it sent more than ${limit} MiB ${stream}\n${command}`;
      stopped.why ??= this.#stopped('command', words, options, 'See what that command does there.');
      // Of a transaction the rest is read and dropped.
      if (!finish) stop();
    };
    const stdout = new Collected(
      process.stdout,
      maxMiB * MIB,
      tooMuch('to its standard output', maxMiB),
    );
    const stderr = new Collected(
      process.stderr,
      MAX_WORDS_MIB * MIB,
      tooMuch('to its standard error', MAX_WORDS_MIB),
    );
    const late = () => {
      const words = `no end after ${timeoutMs / 1000} s: ${shellLine(argv)}\n${stderr.text()}`;
      const next = 'Look at the load of the host, then try again.';
      stopped.why ??= this.#stopped('timeout', words, options, next);
      stop();
    };
    let timer = setTimeout(late, timeoutMs);
    const abort = () => {
      if (!finish) stop();
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (aborted()) abort();
    if (options.onLine !== undefined) onLines(process.stdout, options.onLine);
    const state = { ended: false };
    if (options.answer !== undefined) {
      answerOnce(process, options.answer, {
        onAsk: () => {
          clearTimeout(timer);
        },
        onAnswer: () => {
          if (!state.ended) timer = setTimeout(late, timeoutMs);
        },
      });
    }
    const ended = await process.ended;
    state.ended = true;
    await Promise.all([stdout.ended, stderr.ended]);
    clearTimeout(timer);
    clearTimeout(force);
    signal?.removeEventListener('abort', abort);

    if (aborted() && !finish) throw cancelled(tried, this.name);
    const { why } = stopped;
    const isLate = why?.problem.kind === 'timeout' && finish && ended.exitCode === 0;
    const killed = why !== undefined && !isLate;
    const fault = this.#fault(process, ended, { tried, finish, killed });
    if (fault !== undefined) throw fault;
    if (killed) throw why;
    return { exitCode: ended.exitCode ?? 0, stdout: stdout.text(), stderr: stderr.text() };
  }

  #start(
    script: string,
    argv: readonly string[],
    { tried, root = false }: { tried: string; root?: boolean },
    sudo: Sudo | undefined,
  ): HostProcess {
    const by = root ? ' (root)' : '';
    this.#options.log?.(`${this.name}${by}: ${tried}\n  ${shellLine(argv)}`);
    const wrapped = wrap(script, argv, sudo);
    return new HostProcess({
      ...this.#transport.command(wrapped.argv),
      ...{ login: wrapped.login, sudo: wrapped.sudo, answerMs: this.#transport.answerMs },
    });
  }

  #stopped(
    kind: 'command' | 'timeout',
    words: string,
    { tried, finish = false }: RunOptions,
    next: string,
  ): HostError {
    const problem = { kind, tried, where: this.name, words };
    return new HostError({ ...problem, next: finish ? ENDS_BY_ITSELF : next });
  }

  #fault(
    process: HostProcess,
    ended: Ended,
    {
      tried,
      finish = false,
      killed = false,
    }: { tried: string; finish?: boolean; killed?: boolean },
  ): HostError | undefined {
    const fault = faultOf(process, ended, {
      ...{ transport: this.#transport, tried, where: this.name, killed },
    });
    if (!finish || fault?.problem.kind !== 'connection-lost') return fault;
    return new HostError({ ...fault.problem, next: ENDS_BY_ITSELF });
  }
}

function answerOnce(
  process: HostProcess,
  answer: NonNullable<RunOptions['answer']>,
  { onAsk, onAnswer }: { onAsk: () => void; onAnswer: () => void },
): void {
  let isAnswered = false;
  onLines(process.stdout, (line) => {
    const given = isAnswered ? undefined : answer(line);
    if (given === undefined) return;
    isAnswered = true;
    onAsk();
    void Promise.resolve(given).then((text) => {
      onAnswer();
      process.stdin.end(`${text}\n`);
    });
  });
}
