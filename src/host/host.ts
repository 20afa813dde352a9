import { execa } from 'execa';
import { cancelled, HostError, isCancelled } from './errors.ts';
import { onLines } from './lines.ts';
import { shellLine } from './quote.ts';
import { SshTransport, type SshSettings } from './ssh.ts';
import { localTransport, type Transport } from './transport.ts';

export interface RunOptions {
  /** What is attempted, as a verb phrase, for messages: "compile classic.bpf.c". */
  readonly tried: string;
  /** Run with root's privileges (see `Host.becomeRoot`). */
  readonly root?: boolean;
  /** Standard input; without it the command reads nothing. */
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** After this the command is ended on the host; 60 s unless told. */
  readonly timeoutMs?: number;
  /** Let the command end by itself even when the connection or the caller goes: for transactions. */
  readonly finish?: boolean;
  readonly onLine?: (line: string) => void;
  /** A command's question, for one with `finish`: the first answer to a line of it is its input. */
  readonly answer?: (line: string) => string | undefined;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process on the host with its standard streams, for protocols. */
export type HostProcess = ReturnType<typeof startProcess>;

export type Privilege = 'root' | 'sudo' | 'sudo-password' | 'none';

export interface HostOptions {
  readonly ssh?: SshSettings;
  /** Asks for the sudo password; undefined means the person declined. */
  readonly askPassword?: (host: string, retry: boolean) => Promise<string | undefined>;
  /** Every command as it starts, for a log a person reads. */
  readonly log?: (line: string) => void;
}

/**
 * Surroundings every command gets: tools' untranslated words, and the folders of administrators'
 * tools, which a non-interactive ssh session often lacks. 255 is ssh's own failure, so a
 * command's 255 becomes 254.
 */
const ENVIRONMENT = `LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; export LC_ALL PATH`;
const PLAIN = `${ENVIRONMENT}; "$@"; c=$?; [ $c = 255 ] && c=254; exit $c`;
/**
 * The same, with standard input as a lifeline: when the client ends it, or is gone, the command and
 * all it started are ended too. sshd alone would let them run on. The watch outlives a command that
 * heeds TERM, for children of it that do not.
 */
const LIFELINE = `${ENVIRONMENT}
exec 3<&0
setsid "$@" </dev/null 3<&- &
child=$!
{ while read -r _; do :; done; trap '' TERM; kill -s TERM -- "-$child"; sleep 2; kill -s KILL -- "-$child"; } <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$child"; c=$?
kill "$watch" 2>/dev/null
[ $c = 255 ] && c=254
exit $c`;

/** sudo's own words, untranslated. */
const PASSWORD_REFUSED = /^Sorry, try again|^sudo: .*incorrect password/;

/** Of what runs with `finish`. */
const ENDS_BY_ITSELF =
  'It ends by itself on the host, done or undone: show the status to see which.';

/** A Linux host: the one place that starts processes. */
export class Host {
  readonly name: string;
  readonly #transport: Transport;
  readonly #options: HostOptions;
  #privilege: Privilege | undefined;
  #password: string | undefined;
  #asking: Promise<void> | undefined;
  readonly #ends = new Set<AsyncDisposable>();

  /** @param name a host string: `local`, or a destination `ssh` accepts. */
  constructor(name: string, options: HostOptions = {}) {
    this.name = name;
    this.#options = options;
    this.#transport = name === 'local' ? localTransport : new SshTransport(name, options.ssh);
  }

  /**
   * The argv of a terminal on this host that shows `command` to the person, runs it, and stays
   * open as a shell. Without a command: just the shell.
   */
  async terminal(command?: string): Promise<string[]> {
    const shell = 'exec "${SHELL:-sh}"';
    const script = `printf '\\033[1m$ %s\\033[0m\\n' "$1"; sh -c "$1"; ${shell}`;
    const argv = command === undefined ? undefined : ['sh', '-c', script, 'sh', command];
    return this.#transport instanceof SshTransport
      ? this.#transport.interactive(argv)
      : (argv ?? ['sh', '-c', shell]);
  }

  /**
   * Runs an argv to its end.
   * @throws HostError when it could not run or did not end by itself; a non-zero exit is a result.
   */
  async run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    const { tried, signal, timeoutMs = 60_000 } = options;
    const aborted = () => signal?.aborted === true;
    if (aborted()) throw cancelled(tried, this.name);
    await this.#transport.connect(signal);
    const lifeline = options.input === undefined && options.finish !== true;
    const child = this.#start(
      ['sh', '-c', lifeline ? LIFELINE : PLAIN, 'sh', ...argv],
      argv,
      options,
    );
    if (!lifeline && options.answer === undefined) child.stdin.end(options.input ?? '');

    // Ending the input ends the command on the host; only if that fails, let go of it here.
    const deadline = { passed: false };
    let force: NodeJS.Timeout | undefined;
    const stop = () => {
      if (options.finish !== true) child.stdin.destroy();
      force = setTimeout(() => child.kill(), 5000);
    };
    const timer = setTimeout(() => {
      deadline.passed = true;
      stop();
    }, timeoutMs);
    const abort = () => {
      if (options.finish !== true) stop();
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (aborted()) abort();
    if (options.onLine !== undefined) onLines(child.stdout, options.onLine);
    if (options.answer !== undefined) answerOnce(child, options.answer);
    const password = options.root === true ? this.#sudoPassword() : undefined;
    const refused = { seen: false };
    if (password !== undefined) {
      onLines(child.stderr, (line) => {
        if (!PASSWORD_REFUSED.test(line)) return;
        refused.seen = true;
        // sudo would wait for another one until the time is up.
        child.stdin.destroy();
      });
    }
    const result = await child;
    clearTimeout(timer);
    clearTimeout(force);
    signal?.removeEventListener('abort', abort);

    if (aborted() && options.finish !== true) throw cancelled(tried, this.name);
    if (refused.seen) {
      if (this.#password === password) this.#password = undefined;
      throw new HostError({
        kind: 'privilege',
        tried,
        where: this.name,
        words: `sudo no longer takes the password\n${result.stderr}`,
        next: 'Try again, and give the password anew.',
      });
    }
    if (deadline.passed && !(options.finish === true && result.exitCode === 0)) {
      throw new HostError({
        kind: 'timeout',
        tried,
        where: this.name,
        words: [`no end after ${timeoutMs / 1000} s: ${shellLine(argv)}`, result.stderr].join('\n'),
        next:
          options.finish === true
            ? ENDS_BY_ITSELF
            : 'Look at the load of the host, then try again.',
      });
    }
    // A client that was killed has lost its connection just as one that says so.
    const killed = result.signal !== undefined;
    const lost = this.#transport.failure(killed ? 255 : result.exitCode, result.stderr);
    if (lost !== undefined) throw this.#told(lost, tried, options.finish);
    if (result.exitCode === undefined) {
      throw new HostError({
        kind: killed ? 'command' : 'not-found',
        tried,
        where: this.name,
        words: result.shortMessage ?? 'the process could not be started',
        next: killed ? 'Try again.' : 'Check that the program is installed.',
      });
    }
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
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

  /** Opens the connection; `run` does it by itself, `spawn` needs it done. */
  connect(signal?: AbortSignal): Promise<void> {
    return this.#transport.connect(signal);
  }

  /** Starts a process that speaks on its standard streams until its input ends. */
  spawn(argv: readonly string[], options: { tried: string; root?: boolean }): HostProcess {
    return this.#start(['sh', '-c', PLAIN, 'sh', ...argv], argv, options, false);
  }

  /** How commands become root's here; asked from the host once a connection. */
  async privilege(signal?: AbortSignal): Promise<Privilege> {
    if (this.#privilege !== undefined) return this.#privilege;
    const script = `[ "$(id -u)" = 0 ] && echo root && exit
command -v sudo >/dev/null || { echo none; exit; }
sudo -n true 2>/dev/null && echo sudo || echo sudo-password`;
    const out = await this.check(['sh', '-c', script], { tried: 'read your privileges', signal });
    const known = (['root', 'sudo', 'sudo-password', 'none'] as const).find(
      (p) => p === out.trim(),
    );
    this.#privilege = known ?? 'none';
    return this.#privilege;
  }

  /**
   * Makes `root: true` work, asking for the sudo password if one is needed. It is kept in memory
   * until `dispose`.
   * @throws HostError of kind `privilege`.
   */
  async becomeRoot(signal?: AbortSignal): Promise<void> {
    // Who wants it meanwhile waits for the same answer: a person is asked once.
    try {
      await this.#asking;
    } catch (error) {
      if (!isCancelled(error)) throw error;
    }
    this.#asking ??= this.#becomeRoot(signal).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #becomeRoot(signal?: AbortSignal): Promise<void> {
    const privilege = await this.privilege(signal);
    if (privilege === 'root' || privilege === 'sudo' || this.#password !== undefined) return;
    const refuse = (words: string, next: string) => {
      throw new HostError({
        kind: 'privilege',
        tried: 'become root',
        where: this.name,
        words,
        next,
      });
    };
    if (privilege === 'none') {
      refuse('the user is not root and there is no sudo', 'Log in as root, or install sudo.');
    }
    for (let attempt = 0; attempt < 3; attempt++) {
      const password = await this.#options.askPassword?.(this.name, attempt > 0);
      if (password === undefined) {
        refuse(
          'sudo needs a password',
          'Give it when asked, log in as root, or allow sudo without one.',
        );
        return;
      }
      const { exitCode, stderr } = await this.run(['sudo', '-k', '-S', '-p', '', 'true'], {
        tried: 'become root',
        input: `${password}\n`,
        signal,
      });
      if (exitCode === 0) {
        this.#password = password;
        return;
      }
      if (!/incorrect password|no password was provided|try again/i.test(stderr)) {
        refuse(stderr, 'Ask the administrator of the host to let you use sudo.');
      }
    }
    refuse('3 incorrect passwords', 'Check the password of your account on that host.');
  }

  /** What is kept on the host for longer than a command goes with `dispose`, before the connection. */
  own(kept: AsyncDisposable): void {
    this.#ends.add(kept);
  }

  async dispose(): Promise<void> {
    this.#password = undefined;
    const ends = Array.from(this.#ends);
    this.#ends.clear();
    await Promise.all(ends.map((kept) => kept[Symbol.asyncDispose]()));
    await this.#transport.dispose();
  }

  #start(
    wrapped: readonly string[],
    argv: readonly string[],
    { root = false, tried }: { root?: boolean; tried: string },
    keep = true,
  ): HostProcess {
    const password = root ? this.#sudoPassword() : undefined;
    this.#options.log?.(`${this.name}${root ? ' (root)' : ''}: ${tried}\n  ${shellLine(argv)}`);
    const { file, args } = this.#transport.command(root ? this.#asRoot(wrapped) : wrapped);
    const child = startProcess(file, args, keep);
    // sudo reads this line byte by byte and leaves the rest to the command.
    if (password !== undefined) child.stdin.write(`${password}\n`);
    return child;
  }

  #sudoPassword(): string | undefined {
    return this.#privilege === 'sudo-password' ? this.#password : undefined;
  }

  #asRoot(argv: readonly string[]): readonly string[] {
    if (this.#privilege === 'root') return argv;
    if (this.#privilege === 'sudo') return ['sudo', '-n', '--', ...argv];
    // -k: a cached ticket would leave the password for the command to read.
    if (this.#password !== undefined)
      return ['env', 'LC_ALL=C', 'sudo', '-k', '-S', '-p', '', '--', ...argv];
    throw new HostError({
      kind: 'privilege',
      tried: 'run as root',
      where: this.name,
      words: 'not root',
      next: 'Call becomeRoot first.',
    });
  }

  #told(lost: Error, tried: string, finish = false): Error {
    if (!(lost instanceof HostError)) return lost;
    const { problem } = lost;
    const next = finish && problem.kind === 'connection-lost' ? ENDS_BY_ITSELF : problem.next;
    return new HostError({ ...problem, tried, next, where: this.name });
  }
}

function answerOnce(child: HostProcess, answer: (line: string) => string | undefined): void {
  onLines(child.stdout, (line) => {
    const text = child.stdin.writableEnded ? undefined : answer(line);
    if (text !== undefined) child.stdin.end(`${text}\n`);
  });
}

/** @param keep whether the result holds the whole output; one that speaks for hours would fill the memory. */
function startProcess(file: string, args: string[], keep: boolean) {
  const child = execa(file, args, {
    reject: false,
    stdin: 'pipe',
    buffer: { stdout: keep, stderr: true },
    stripFinalNewline: false,
    maxBuffer: 256 * 1024 * 1024,
  });
  // The far end may be gone before all input is written: its exit tells why, not EPIPE.
  child.stdin.on('error', () => undefined);
  return child;
}
