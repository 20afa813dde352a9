import { HostError, type ProblemKind } from './errors.ts';
import type { Host } from './host.ts';
import type { HostProcess } from './process.ts';

/** How often the host is told that we are here: such programs end where they hear nothing for 20 s. */
const HERE_MS = 5000;

interface Attended {
  readonly tried: string;
  /** The problem that an end by itself is, and what to do. */
  readonly blame: (exitCode: number | undefined) => { kind: ProblemKind; next: string };
}

/** A program of ours on a host that runs for as long as it hears from us; its end, however it comes, undoes what it did. */
export class AttendedProcess implements AsyncDisposable {
  readonly #host: Host;
  readonly #process: HostProcess;
  readonly #attended: Attended;
  readonly #here: NodeJS.Timeout;

  constructor(host: Host, process: HostProcess, attended: Attended) {
    this.#host = host;
    this.#process = process;
    this.#attended = attended;
    this.#here = setInterval(() => {
      this.say('\n');
    }, HERE_MS);
    const stop = (): void => {
      clearInterval(this.#here);
    };
    void process.ended.then(stop, stop);
  }

  say(lines: string): void {
    this.#process.stdin.write(lines);
  }

  /** Has it end. */
  end(): void {
    clearInterval(this.#here);
    this.#process.stdin.end();
  }

  /** @throws HostError where it did not run, or has ended by itself. */
  async ended(): Promise<void> {
    const { tried, blame } = this.#attended;
    const { exitCode } = await this.#process.ended;
    const fault = await this.#host.fault(this.#process, tried);
    if (fault !== undefined) throw fault;
    if (exitCode === 0) return;
    const words = this.#process.words.trim();
    throw new HostError({ ...blame(exitCode), tried, where: this.#host.name, words, exitCode });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.#process.ended;
  }
}
