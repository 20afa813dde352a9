import * as l10n from '@vscode/l10n';
import { existsSync } from 'node:fs';
import { cancelled, HostError } from './errors.ts';
import { flooded, loginEnded, notAnswered, type Fault } from './fault.ts';
import { Mark, PRINT_MARK } from './gate.ts';
import { HostProcess } from './process.ts';
import { classify, connectLimit } from './sshWords.ts';

/** A connection that commands share. */
export interface Master {
  alive(): Promise<boolean>;
  close(): Promise<void>;
}

/** The far end of our own master: says that it is there, and reads until we go. */
export const masterCommand = (login: Mark): string[] => [
  'sh',
  '-c',
  `u=\n${PRINT_MARK}\nexec cat`,
  'sh',
  ...login.halves,
];

/** A master of our own. Its far end reads our standard input, so it goes when we go, however. */
export class Owned implements Master {
  readonly #process: HostProcess;
  #alive = true;

  private constructor(process: HostProcess) {
    this.#process = process;
    void process.ended.then(() => (this.#alive = false));
  }

  /**
   * @param options.socket of the connection; it is there as soon as the host has let us in.
   * @throws HostError
   */
  static async open(
    command: { file: string; args: string[] },
    options: { login: Mark; socket: string; where: string; seconds: number },
    signal?: AbortSignal,
  ): Promise<Owned> {
    const { login, socket, where, seconds } = options;
    // The type checker does not see what waiting may change.
    const isAborted = () => signal?.aborted === true;
    const connection = { isOpen: false };
    const process = new HostProcess({
      ...command,
      login,
      answerMs: seconds * 1000,
      onSilence: () => {
        connection.isOpen = existsSync(socket);
      },
    });
    // Nothing comes any more, but it has to be read for the process to count as ended.
    process.stdout.resume();
    const stop = () => {
      process.kill();
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      if (await process.answered) return new Owned(process);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    const { exitCode, notStarted } = await process.ended;
    if (isAborted()) throw cancelled('connect', where);
    if (notStarted !== undefined) throw failed(where, noClient(notStarted));
    const { stdout, stderr } = process.greeting;
    const said = `${stderr.trim()}\n${stdout.trim()}`.trim();
    if (process.trouble === 'silent') {
      throw failed(
        where,
        connection.isOpen ? notAnswered(seconds, said) : notConnected(seconds, stderr),
      );
    }
    if (process.trouble === 'flood') throw failed(where, flooded(said));
    if (exitCode !== undefined && exitCode !== 255) throw failed(where, loginEnded(exitCode, said));
    throw new HostError(classify(stderr, where, 'connect'));
  }

  alive(): Promise<boolean> {
    return Promise.resolve(this.#alive);
  }

  async close(): Promise<void> {
    this.#process.stdin.end();
    const force = setTimeout(() => {
      this.#process.kill();
    }, 1000);
    await this.#process.ended;
    clearTimeout(force);
  }
}

const failed = (where: string, [kind, words, next, hint]: Fault): HostError =>
  new HostError({ kind, tried: 'connect', where, words: words.trim(), next, hint });

const noClient = (said: string): Fault => [
  'not-found',
  said,
  l10n.t('Install the OpenSSH client, or name it (sockmapBypass.ssh.program, --ssh).'),
];

const notConnected = (seconds: number, said: string): Fault => [
  'unreachable',
  `${l10n.t('no connection within {0} s', seconds)}\n${said}`,
  l10n.t(
    'Check that the host is up, and what its ssh configuration goes through (ProxyJump, ProxyCommand).',
  ),
  connectLimit(),
];
