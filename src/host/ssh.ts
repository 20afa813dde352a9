import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { safeDestination } from './destination.ts';
import { cancelled, HostError, isCancelled } from './errors.ts';
import { Mark } from './gate.ts';
import { loginShellLine } from './quote.ts';
import { socketDirectory } from './socketDirectory.ts';
import { masterCommand, Owned, type Master } from './sshMaster.ts';
import { BATCH, clientVersion, transportOptions } from './sshOptions.ts';
import { classify } from './sshWords.ts';
import type { Transport } from './transport.ts';

export interface SshSettings {
  /** The client to run, `ssh` when left out. */
  readonly program?: string;
  /** A configuration file instead of the user's own (`ssh -F`). */
  readonly configFile?: string;
  /** In which a connection has to be there and a login's start-up files to end; 20 when left out. */
  readonly connectSeconds?: number;
  /** Whether a person sits at our terminal, whom ssh asks there for what it needs to connect. */
  readonly asksOnTerminal?: boolean;
}

const CONNECT_SECONDS = 20;

/** A connection that was made on a terminal ends so long after us, should we be killed. */
const LINGER_SECONDS = 10;

/** The Windows client has no multiplexing. */
const MULTIPLEX = process.platform !== 'win32';

/**
 * One multiplexed connection to a host through the system's ssh, with the user's own configuration.
 * Prompts are never answered here: a host that asks gets a terminal, where ssh itself talks to the
 * person (`interactive`, or ours: `asksOnTerminal`), and the commands then share that connection.
 */
export class SshTransport implements Transport {
  readonly #destination: string;
  readonly #settings: SshSettings;
  #connection: Promise<Master> | undefined;
  #socket: string | undefined;
  #version = '';

  constructor(destination: string, settings: SshSettings = {}) {
    this.#destination = safeDestination(destination);
    this.#settings = settings;
  }

  get answerMs(): number {
    return this.#seconds * 1000;
  }

  async connect(signal?: AbortSignal): Promise<void> {
    for (;;) {
      this.#connection ??= this.#open(signal);
      const connection = this.#connection;
      try {
        const master = await unlessAborted(connection, signal, this.#destination);
        if (await master.alive()) return;
        this.#forget(connection);
      } catch (error) {
        if (signal?.aborted !== true) this.#forget(connection);
        // Who began to connect was cancelled; others who waited for it connect themselves.
        if (!isCancelled(error) || signal?.aborted === true) throw error;
      }
    }
  }

  async isOpen(): Promise<boolean> {
    return this.#socket !== undefined && this.#isHeld(this.#socket);
  }

  command(argv: readonly string[]): { file: string; args: string[] } {
    const share = this.#socket === undefined ? [] : ['-S', this.#socket, '-o', 'ControlMaster=no'];
    return this.#ssh([...share, ...BATCH], loginShellLine(argv));
  }

  /**
   * The argv of a terminal in which ssh may ask the person. Where no connection is open yet it
   * becomes the one that commands share, for as long as it stays open.
   * @param argv what to run there; a login shell when left out.
   */
  async interactive(argv?: readonly string[]): Promise<string[]> {
    const socket = await this.#controlPath();
    const share = MULTIPLEX ? ['-S', socket, '-o', 'ControlMaster=auto'] : [];
    const line = argv === undefined ? undefined : loginShellLine(argv);
    await this.#askVersion();
    const { file, args } = this.#ssh([...share, '-t'], line);
    return [file, ...args];
  }

  failure(exitCode: number | undefined, stderr: string): HostError | undefined {
    if (exitCode !== 255) return undefined;
    return new HostError(classify(stderr, this.#destination, l10n.t('run a command')));
  }

  async dispose(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then(
      (master) => master.close(),
      () => undefined,
    );
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await rm(socket, { force: true });
  }

  get #seconds(): number {
    const { connectSeconds = CONNECT_SECONDS } = this.#settings;
    return Number.isFinite(connectSeconds)
      ? Math.min(Math.max(connectSeconds, 1), 600)
      : CONNECT_SECONDS;
  }

  async #askVersion(): Promise<void> {
    this.#version = await clientVersion(this.#settings.program ?? 'ssh');
  }

  #ssh(options: readonly string[], line: string | undefined): { file: string; args: string[] } {
    const { program = 'ssh', configFile } = this.#settings;
    return {
      file: program,
      args: [
        ...(configFile === undefined ? [] : ['-F', configFile]),
        ...options,
        ...transportOptions(this.#seconds, this.#version),
        '--',
        this.#destination,
        ...(line === undefined ? [] : [line]),
      ],
    };
  }

  #forget(connection: Promise<Master>): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  async #controlPath(): Promise<string> {
    this.#socket ??= path.join(await socketDirectory(), randomBytes(6).toString('hex'));
    return this.#socket;
  }

  async #open(signal?: AbortSignal): Promise<Master> {
    await this.#askVersion();
    if (!MULTIPLEX) return { alive: () => Promise.resolve(true), close: () => Promise.resolve() };
    const socket = await this.#controlPath();
    const held = () => this.#isHeld(socket);
    const found = await identityOf(socket);
    // A terminal may hold the connection: not ours to close, and gone when its user closes it.
    if (await held()) return { alive: held, close: () => Promise.resolve() };
    // A master that was killed leaves its socket, and a new one would not listen beside it. One that came while
    // we asked is a terminal's that has just connected.
    if (found !== undefined && (await identityOf(socket)) === found)
      await rm(socket, { force: true });
    try {
      return await this.#own('-M', socket, signal);
    } catch (error) {
      const asks = this.#settings.asksOnTerminal === true && needsPerson(error);
      if (!asks || !(await this.#askPerson(socket, signal))) throw error;
    }
    // Ours goes when we go, and with it, soon, the connection.
    const client = await this.#own('-oControlMaster=no', socket, signal);
    const close = async () => {
      await client.close();
      const exit = this.#ssh(['-S', socket, '-O', 'exit'], undefined);
      await execa(exit.file, exit.args, { reject: false, stdin: 'ignore' });
    };
    return { alive: () => client.alive(), close };
  }

  /** Whether some ssh keeps a connection at this socket. */
  async #isHeld(socket: string): Promise<boolean> {
    const { file, args } = this.#ssh(['-S', socket, '-O', 'check'], undefined);
    return (await execa(file, args, { reject: false, stdin: 'ignore' })).exitCode === 0;
  }

  /** A connection, or a client of one, whose far end reads until we go. */
  #own(role: string, socket: string, signal: AbortSignal | undefined): Promise<Owned> {
    const login = new Mark();
    return Owned.open(
      this.#ssh([role, '-S', socket, ...BATCH], loginShellLine(masterCommand(login))),
      { login, socket, where: this.#destination, seconds: this.#seconds },
      signal,
    );
  }

  /**
   * Has ssh connect in the foreground of our terminal, where it asks as it always does, also whether to trust a
   * host's key; the connection then leaves it, so that Ctrl-C does not end it.
   * @returns whether there is one.
   */
  async #askPerson(socket: string, signal: AbortSignal | undefined): Promise<boolean> {
    const persist = ['-o', `ControlPersist=${LINGER_SECONDS}`, '-o', 'BatchMode=no', '-T'];
    const { file, args } = this.#ssh(['-M', '-S', socket, ...persist], loginShellLine(['true']));
    const { exitCode, signal: endedBy } = await execa(file, args, {
      reject: false,
      stdin: 'inherit',
      stdout: 'ignore',
      stderr: 'inherit',
      ...(signal && { cancelSignal: signal }),
    });
    // Ctrl-C reaches ssh as well as us, and ssh may be the first to end.
    if (signal?.aborted === true || endedBy === 'SIGINT') {
      throw cancelled('connect', this.#destination);
    }
    return exitCode === 0;
  }
}

const needsPerson = (error: unknown): boolean =>
  error instanceof HostError && ['authentication', 'host-key'].includes(error.problem.kind);

/** Waits for a connection that others may be waiting for too, no longer than the caller wants. */
function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  where: string,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(cancelled('connect', where));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

/** Distinguishes a file from a later one of the same name; undefined where there is none. */
const identityOf = (file: string): Promise<string | undefined> =>
  stat(file, { bigint: true }).then(
    ({ ino, ctimeNs }) => `${ino} ${ctimeNs}`,
    () => undefined,
  );
