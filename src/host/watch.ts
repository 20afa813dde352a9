import * as l10n from '@vscode/l10n';
import { Collected } from './bounded.ts';
import { commandWords } from './commandWords.ts';
import type { Problem } from './errors.ts';
import { onLines } from './lines.ts';
import type { Ended, HostProcess } from './process.ts';
import type { TransactOptions } from './run.ts';

const MIB = 1024 * 1024;
const MAX_MIB = 32;
/** For standard error. */
const MAX_WORDS_MIB = 8;

/** In which a command that was given up may still end by itself. */
const GRACE_MS = 5000;

/** Why a command was given up. */
export type Excess = Pick<Problem, 'kind' | 'words' | 'next'>;

export interface Outcome {
  readonly ended: Ended;
  readonly stdout: string;
  readonly stderr: string;
  /** The first limit that it went beyond. */
  readonly excess: Excess | undefined;
}

/** Collects what a command prints, and sees to its limits of time and size. */
export class Watch {
  readonly #process: HostProcess;
  readonly #line: string;
  readonly #timeoutMs: number;
  readonly #onExcess: (excess: Excess) => void;
  readonly #stdout: Collected;
  readonly #stderr: Collected;
  #excess: Excess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #force: NodeJS.Timeout | undefined;
  #hasEnded = false;

  /** @param options.onExcess called each time that it goes beyond a limit; what is read after that is dropped. */
  constructor(
    process: HostProcess,
    argv: readonly string[],
    options: {
      readonly timeoutMs?: number | undefined;
      readonly maxMiB?: number | undefined;
      readonly onExcess: (excess: Excess) => void;
    },
  ) {
    const { timeoutMs = 60_000, maxMiB = MAX_MIB, onExcess } = options;
    this.#process = process;
    this.#line = commandWords(argv);
    this.#timeoutMs = timeoutMs;
    this.#onExcess = onExcess;
    this.#stdout = new Collected(process.stdout, maxMiB * MIB, () => {
      this.#tooMuch(l10n.t('{0} MiB to its standard output', maxMiB));
    });
    this.#stderr = new Collected(process.stderr, MAX_WORDS_MIB * MIB, () => {
      this.#tooMuch(l10n.t('{0} MiB to its standard error', MAX_WORDS_MIB));
    });
    this.resume();
  }

  /** Its time stands still. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Its time begins anew. */
  resume(): void {
    if (this.#hasEnded) return;
    this.#timer = setTimeout(() => {
      const words = `${l10n.t('not finished after {0} s', this.#timeoutMs / 1000)}: ${this.#line}\n${this.#stderr.text()}`;
      const next = l10n.t('Look at the load of the host, then try again.');
      this.#exceed({ kind: 'timeout', words, next });
    }, this.#timeoutMs);
  }

  /** Ends the client on this machine, unless the command ends by itself in a moment. */
  letGo(): void {
    this.#force ??= setTimeout(() => {
      this.#process.kill();
    }, GRACE_MS);
  }

  async outcome(): Promise<Outcome> {
    const ended = await this.#process.ended;
    this.#hasEnded = true;
    await Promise.all([this.#stdout.ended, this.#stderr.ended]);
    clearTimeout(this.#timer);
    clearTimeout(this.#force);
    const [stdout, stderr] = [this.#stdout.text(), this.#stderr.text()];
    return { ended, stdout, stderr, excess: this.#excess };
  }

  #tooMuch(what: string): void {
    const words = `it sent more than ${what}\n${this.#line}`;
    const next = l10n.t('See what that command does there.');
    this.#exceed({ kind: 'command', words, next });
  }

  #exceed(excess: Excess): void {
    this.#excess ??= excess;
    this.#onExcess(excess);
  }
}

/** Answers the first line of a command that `answer` has an answer to, and ends its input. */
export function answerOnce(
  process: HostProcess,
  answer: NonNullable<TransactOptions['answer']>,
  clock: Pick<Watch, 'pause' | 'resume'>,
): void {
  let isAnswered = false;
  onLines(process.stdout, (line) => {
    const given = isAnswered ? undefined : answer(line);
    if (given === undefined) return;
    isAnswered = true;
    clock.pause();
    void Promise.resolve(given).then((text) => {
      clock.resume();
      process.stdin.end(`${text}\n`);
    });
  });
}
