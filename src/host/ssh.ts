import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { cancelled, HostError, isCancelled, type Problem } from './errors.ts';
import { firstLine } from './lines.ts';
import { loginShellLine } from './quote.ts';
import type { Transport } from './transport.ts';

export interface SshSettings {
  /** The client to run, `ssh` unless told. */
  readonly program?: string;
  /** A configuration file instead of the user's own (`ssh -F`). */
  readonly configFile?: string;
}

const CONNECT_SECONDS = 10;
const READY = 'sockmap-bypass-connected';

/** The Windows client has no multiplexing. */
const MULTIPLEX = process.platform !== 'win32';

/**
 * One multiplexed connection to a host through the system's ssh, with the user's own configuration.
 * Prompts are never answered here: a host that asks gets a terminal, where ssh itself talks to the
 * person (`interactive`), and the commands then share that connection.
 */
export class SshTransport implements Transport {
  readonly #destination: string;
  readonly #settings: SshSettings;
  #connection: Promise<Master> | undefined;
  #socket: string | undefined;

  constructor(destination: string, settings: SshSettings = {}) {
    if (destination === '' || destination.startsWith('-') || /[\s\0]/.test(destination)) {
      throw new HostError({
        kind: 'input',
        tried: 'read the host',
        where: JSON.stringify(destination),
        words: 'not a destination ssh takes',
        next: 'Name an alias of your ssh configuration, user@host or ssh://user@host:port.',
      });
    }
    this.#destination = destination;
    this.#settings = settings;
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

  command(argv: readonly string[]): { file: string; args: string[] } {
    const share = this.#socket === undefined ? [] : ['-S', this.#socket, '-o', 'ControlMaster=no'];
    return this.#ssh([...share, ...BATCH], loginShellLine(argv));
  }

  /**
   * The argv of a terminal in which ssh may ask the person. Where no connection is open yet it
   * becomes the one that commands share, for as long as it stays open.
   * @param argv what to run there; a login shell unless told.
   */
  async interactive(argv?: readonly string[]): Promise<string[]> {
    const socket = await this.#controlPath();
    const share = MULTIPLEX ? ['-S', socket, '-o', 'ControlMaster=auto'] : [];
    const line = argv === undefined ? undefined : loginShellLine(argv);
    const { file, args } = this.#ssh([...share, '-t'], line);
    return [file, ...args];
  }

  failure(exitCode: number | undefined, stderr: string): Error | undefined {
    if (exitCode !== 255) return undefined;
    return new HostError(classify(stderr, this.#destination, 'run a command'));
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

  #ssh(options: readonly string[], line: string | undefined): { file: string; args: string[] } {
    const { program = 'ssh', configFile } = this.#settings;
    return {
      file: program,
      args: [
        ...(configFile === undefined ? [] : ['-F', configFile]),
        ...options,
        ...COMMON,
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
    if (!MULTIPLEX) return { alive: () => Promise.resolve(true), close: () => Promise.resolve() };
    const socket = await this.#controlPath();
    const { file, args } = this.#ssh(['-S', socket, '-O', 'check'], undefined);
    const held = async () =>
      (await execa(file, args, { reject: false, stdin: 'ignore' })).exitCode === 0;
    // A terminal may hold the connection: not ours to close, and gone when its user closes it.
    if (await held()) return { alive: held, close: () => Promise.resolve() };
    // A master that was killed leaves its socket, and a new one would not listen beside it.
    await rm(socket, { force: true });
    return Owned.open(
      this.#ssh(['-M', '-S', socket, ...BATCH], loginShellLine(['sh', '-c', `echo ${READY}; cat`])),
      this.#destination,
      signal,
    );
  }
}

/**
 * Where sockets of shared connections lie: one directory a user, so that a window that was killed
 * leaves no directory of its own behind. Whoever can reach a socket can use the connection, so it has
 * to be ours alone; its path is short because a socket's may hold some 100 bytes.
 */
async function socketDirectory(): Promise<string> {
  const { uid } = userInfo();
  const directory = path.join(tmpdir(), `.sockmap-ssh-${uid}`);
  await mkdir(directory, { mode: 0o700, recursive: true });
  const found = await lstat(directory);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return directory;
  throw new HostError({
    kind: 'input',
    tried: 'make a private directory for the connection',
    where: 'this machine',
    words: `${directory} is not a directory of yours alone`,
    next: 'Find out who made it, and remove it.',
  });
}

const BATCH = ['-o', 'BatchMode=yes', '-T'];
/** Only what the transport itself needs; everything else is the user's configuration. */
const COMMON = [
  ...['-o', `ConnectTimeout=${CONNECT_SECONDS}`],
  ...['-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=3'],
  ...['-o', 'ControlPersist=no', '-o', 'RemoteCommand=none', '-o', 'PermitLocalCommand=no'],
  ...['-o', 'ClearAllForwardings=yes', '-o', 'ForwardX11=no', '-o', 'EscapeChar=none'],
];

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

interface Master {
  alive(): Promise<boolean>;
  close(): Promise<void>;
}

/** A master of our own. Its far end reads our standard input, so it goes when we go, however. */
class Owned implements Master {
  readonly #child: ReturnType<typeof spawnMaster>;
  #alive = true;

  private constructor(child: ReturnType<typeof spawnMaster>) {
    this.#child = child;
    void child.then(() => (this.#alive = false));
  }

  static async open(
    { file, args }: { file: string; args: string[] },
    where: string,
    signal?: AbortSignal,
  ): Promise<Owned> {
    const child = spawnMaster(file, args);
    const stop = () => child.kill();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const ready = await Promise.race([
        // A login shell may greet before our word comes.
        firstLine(child.stdout, (line) => line.endsWith(READY)),
        new Promise<undefined>((resolve) => {
          setTimeout(
            () => {
              resolve(undefined);
            },
            2 * CONNECT_SECONDS * 1000,
          ).unref();
        }),
      ]);
      if (ready !== undefined) return new Owned(child);
      child.kill();
      const { stderr, code, shortMessage } = await child;
      if (signal?.aborted) throw cancelled('connect', where);
      const words = code === 'ENOENT' ? (shortMessage ?? '') : stderr;
      throw new HostError(classify(words, where, 'connect'));
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  alive(): Promise<boolean> {
    return Promise.resolve(this.#alive);
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const force = setTimeout(() => this.#child.kill(), 1000);
    await this.#child;
    clearTimeout(force);
  }
}

function spawnMaster(file: string, args: string[]) {
  return execa(file, args, {
    reject: false,
    stdin: 'pipe',
    buffer: { stdout: false, stderr: true },
  });
}

/** Reads ssh's own words (OpenSSH 7 to 10). */
export function classify(stderr: string, where: string, tried: string): Problem {
  const words = stderr.trim();
  const problem = (kind: Problem['kind'], next: string): Problem => ({
    kind,
    tried,
    where,
    words,
    next,
  });
  if (words.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) {
    return problem(
      'host-key',
      'The host shows another key than before. Find out why; only then remove the old one with ssh-keygen -R.',
    );
  }
  if (/Host key verification failed|No .* host key is known/i.test(words)) {
    return problem(
      'host-key',
      'The host is not in known_hosts. Connect in a terminal once and compare its fingerprint.',
    );
  }
  if (/Permission denied|Too many authentication failures|no mutual signature/i.test(words)) {
    return problem(
      'authentication',
      'Load your key into the agent, or connect in a terminal, where ssh can ask.',
    );
  }
  if (words.includes('ENOENT')) {
    return problem(
      'not-found',
      'Install the OpenSSH client, or name it in the setting sockmapBypass.ssh.program.',
    );
  }
  if (/Could not resolve hostname/i.test(words)) {
    return problem('unreachable', 'Check the name, or add it to your ssh configuration.');
  }
  if (
    /Bad configuration option|Can't open user config|keyword .* extra arguments|terminating, \d+ bad/i.test(
      words,
    )
  ) {
    return problem('input', 'Mend the ssh configuration.');
  }
  // Where there is no multiplexing, each command connects.
  const connecting =
    tried === 'connect' ||
    /^ssh: connect to host|banner exchange|kex_exchange_identification/m.test(words);
  if (
    connecting &&
    /refused|timed out|No route|unreachable|(closed|reset) by|port \d+: /i.test(words)
  ) {
    return problem('unreachable', 'Check that the host is up and sshd listens on that port.');
  }
  return problem(
    'connection-lost',
    'The connection ended. Try again: what was under way is undone on the host.',
  );
}
