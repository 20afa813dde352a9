import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { execa } from 'execa';
import { Tail } from './bounded.ts';
import { Gate, type Mark } from './gate.ts';

/** Bytes kept of the words of a process that may speak for hours: the last ones. */
const KEPT_WORDS = 64 * 1024;

/** After which a client that was ended is done with. */
const LINGER_MS = 1000;

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  /** The login's shell prints it once it runs what we sent. */
  readonly login: Mark;
  /** How long that may take. */
  readonly answerMs: number;
  /** Called before the process is ended because nothing came. */
  readonly onSilence?: () => void;
  readonly sudo?: SudoLaunch | undefined;
}

export interface SudoLaunch {
  /** Root's shell prints it, with its uid. */
  readonly root: Mark;
  /** sudo asks with it, followed by the name of whose password it wants in brackets. */
  readonly prompt: Mark;
  readonly password: string | undefined;
}

/** How a process of this machine, which stands for one on the host, ended. */
export interface Ended {
  /** undefined when it was ended by a signal or not started. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Why it could not be started. */
  readonly notStarted: string | undefined;
}

/**
 * A process on the host with its standard streams. They begin where the command does: what the login's
 * start-up files print is left out, and no byte of the input reaches them. Where sudo asks, it is
 * answered.
 */
export class HostProcess {
  /** Reaches the command once it runs. */
  readonly stdin = new PassThrough();
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Whether the login's shell ran what we sent. */
  readonly answered: Promise<boolean>;
  readonly ended: Promise<Ended>;
  readonly #child: ReturnType<typeof start>;
  readonly #launch: Launch;
  readonly #greetings: readonly [Gate, Gate];
  readonly #sudo: Gate | undefined;
  readonly #words: Tail;
  #stage: 'login' | 'sudo' | 'command' = 'login';
  #trouble: 'silent' | 'flood' | undefined;
  #prompts = 0;
  #passwordOf: string | undefined;
  #uid: string | undefined;

  constructor(launch: Launch) {
    this.#launch = launch;
    this.#child = start(launch);
    const child = this.#child;
    // The far end may be gone before all input is written: its exit says why, not EPIPE.
    child.stdin.on('error', () => undefined);
    const { sudo } = launch;
    const onFlood = () => {
      this.#giveUp('flood');
    };
    let answer: (answered: boolean) => void = () => undefined;
    this.answered = new Promise((resolve) => (answer = resolve));
    const greetings = [
      new Gate(launch.login, {
        onOpen: () => {
          clearTimeout(silence);
          if (sudo === undefined) this.#begin();
          else this.#stage = 'sudo';
          answer(true);
        },
        onFlood,
      }),
      new Gate(launch.login, { onFlood }),
    ] as const;
    this.#greetings = greetings;
    const [out, err] = greetings;
    child.stdout.pipe(out);
    child.stderr.pipe(err);
    if (sudo === undefined) [this.stdout, this.stderr] = greetings;
    else {
      this.stdout = out.pipe(
        new Gate(sudo.root, {
          onOpen: (uid) => {
            this.#uid = uid;
            if (uid === '0') this.#begin();
          },
          onFlood,
        }),
      );
      this.#sudo = new Gate(sudo.root, {
        onBefore: (before) => {
          this.#answerSudo(sudo, before);
        },
        onFlood,
      });
      this.stderr = err.pipe(this.#sudo);
    }
    this.#words = new Tail(this.stderr, KEPT_WORDS);
    const silence = setTimeout(() => {
      launch.onSilence?.();
      this.#giveUp('silent');
    }, launch.answerMs);
    this.ended = child.then(async ({ exitCode, signal, code, shortMessage }) => {
      clearTimeout(silence);
      await finished(this.stderr).catch(() => undefined);
      answer(false);
      const notStarted =
        exitCode === undefined && signal === undefined ? (shortMessage ?? code ?? '') : undefined;
      return { exitCode, signal, notStarted };
    });
  }

  /** How far it came: the login's start-up files, sudo, the command itself. */
  get stage(): 'login' | 'sudo' | 'command' {
    return this.#stage;
  }

  /** Why we ended it before the command ran. */
  get trouble(): 'silent' | 'flood' | undefined {
    return this.#trouble;
  }

  /** The last words of the command's standard error. */
  get words(): string {
    return this.#words.text();
  }

  /** The words of a login that did not come to run ours, or of ssh in its place. */
  get greeting(): { stdout: string; stderr: string } {
    const [out, err] = this.#greetings;
    return { stdout: out.before, stderr: err.before };
  }

  /** The outcome of sudo; its words are those after its last question, or all. */
  get sudo(): { words: string; asked: number; passwordOf?: string; uid?: string } {
    const before = this.#sudo?.before ?? '';
    const [first = '', ...later] = before.split(this.#question());
    const last = later.at(-1)?.trim() ?? '';
    return {
      words: (last === '' ? [first, ...later].join('\n') : last).trim(),
      asked: this.#prompts,
      ...(this.#passwordOf !== undefined && { passwordOf: this.#passwordOf }),
      ...(this.#uid !== undefined && { uid: this.#uid }),
    };
  }

  /** Ends the input at once, which ends the command where that is its lifeline. */
  cutInput(): void {
    this.stdin.unpipe();
    this.#child.stdin.destroy();
  }

  kill(): void {
    this.#child.kill();
    // A process it started itself (a ProxyCommand) may live on and hold its streams.
    setTimeout(() => {
      const { stdout, stderr } = this.#child;
      for (const stream of [stdout, stderr]) stream.destroy();
      for (const gate of this.#greetings) gate.end();
    }, LINGER_MS).unref();
  }

  #begin(): void {
    this.#stage = 'command';
    this.stdin.pipe(this.#child.stdin);
  }

  #giveUp(trouble: 'silent' | 'flood'): void {
    this.#trouble ??= trouble;
    this.cutInput();
    this.kill();
  }

  #question(): RegExp {
    return new RegExp(`${this.#launch.sudo?.prompt.text ?? ''}\\[[^\\]\\n]*\\]\\n?`, 'g');
  }

  #answerSudo({ password, prompt }: SudoLaunch, before: string): void {
    const questions = Array.from(before.matchAll(this.#question()), ([text]) => text);
    if (questions.length <= this.#prompts) return;
    this.#prompts = questions.length;
    this.#passwordOf = questions[0]?.slice(prompt.text.length).trim().slice(1, -1);
    // sudo reads one line, byte by byte. Asked again, it would wait until our time is up.
    if (this.#prompts === 1 && password !== undefined) this.#child.stdin.write(`${password}\n`);
    else this.#child.stdin.end();
  }
}

function start({ file, args }: Launch) {
  // In a session of its own: a terminal's Ctrl-C is for whoever started it, who ends it in order. On Windows
  // that would open a window.
  const detached = process.platform !== 'win32';
  return execa(file, args, { reject: false, stdin: 'pipe', buffer: false, detached });
}
