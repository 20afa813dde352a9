import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atEnd } from './cleanup.ts';
import { freePort } from './port.ts';
import { descendants, endProcesses, processRef } from './processes.ts';
import { run } from './run.ts';

export interface SshdOptions {
  /** The name of the `Host` stanza; `sockmap-test` when left out. */
  readonly alias?: string;
  /** Who logs in; the user running the tests when left out. */
  readonly user?: string;
  /** Further lines of sshd's configuration; sshd obeys the first mention of a keyword, so these win. */
  readonly serverLines?: readonly string[];
  /** Have bash read ~/.bashrc, as it does for every sshd but ours. */
  readonly startupFiles?: boolean;
  /** Further lines of the `Host` stanza; these win as well. */
  readonly clientLines?: readonly string[];
  /** Shell commands for a mount namespace of the server's own, as root: what its sessions see mounted. */
  readonly mounts?: string;
}

export interface TestSshd {
  readonly alias: string;
  /** For `ssh -F`. */
  readonly configFile: string;
  readonly port: number;
  readonly pid: number;
  readonly directory: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** Adds another `Host` stanza for the same server, e.g. for another user or another known_hosts. */
  addHost(alias: string, options?: { user?: string; lines?: readonly string[] }): void;
  /** Output of sshd so far. */
  log(): string;
  /** The processes serving connections now, with the commands they run. */
  sessions(): number[];
  /** Ends the server, its sessions and their commands, and removes the directory. */
  stop(): Promise<void>;
}

/** Starts a real sshd of our own on loopback. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'sockmap-sshd-'));
  let pid: number | undefined;
  const stop = atEnd(async () => {
    const server = pid === undefined ? undefined : processRef(pid);
    if (server) {
      // The listener first: no session may start behind our back.
      const sessions = descendants(server.pid);
      await endProcesses([server]);
      await endProcesses(sessions);
    }
    fs.rmSync(directory, { recursive: true, force: true });
  });
  try {
    const files = await prepare(directory);
    const { serverLines = [], startupFiles = false } = options;
    // bash reads ~/.bashrc for sshd's commands unless a shell is below it already: what a machine does
    // there (locks that outlive a killed session, for one) is not ours to test.
    const shell = startupFiles ? [] : ['SetEnv SHLVL=2'];
    const lines = [...serverLines, ...shell];
    const { child, port } = await start(directory, lines, options.mounts);
    pid = child.pid;
    const hostKey = fs.readFileSync(path.join(directory, 'host_key.pub'), 'utf8');
    fs.writeFileSync(files.knownHostsFile, `[127.0.0.1]:${port} ${hostKey}`);
    const configFile = path.join(directory, 'config');
    const server: TestSshd = {
      alias: options.alias ?? 'sockmap-test',
      configFile,
      port,
      pid: child.pid ?? 0,
      directory,
      ...files,
      addHost(alias, { user = os.userInfo().username, lines = [] } = {}) {
        fs.appendFileSync(configFile, stanza(alias, user, port, files, lines));
      },
      log: () => fs.readFileSync(path.join(directory, 'log'), 'utf8'),
      sessions: () => descendants(server.pid).map((ref) => ref.pid),
      stop,
    };
    server.addHost(server.alias, {
      ...(options.user === undefined ? {} : { user: options.user }),
      lines: options.clientLines ?? [],
    });
    return server;
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface ClientFiles {
  readonly identityFile: string;
  readonly knownHostsFile: string;
}

/** Makes keys of a server and of a client, and lets the client in. */
export async function prepare(directory: string): Promise<ClientFiles> {
  // sshd reads the authorized keys as the user who logs in.
  fs.chmodSync(directory, 0o711);
  if (process.getuid?.() === 0) fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const identityFile = path.join(directory, 'client_key');
  for (const file of [path.join(directory, 'host_key'), identityFile]) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'sockmap-test', '-f', file]);
  }
  fs.copyFileSync(`${identityFile}.pub`, path.join(directory, 'authorized_keys'));
  return { identityFile, knownHostsFile: path.join(directory, 'known_hosts') };
}

/** A `Host` of an ssh configuration file: a server on a port of 127.0.0.1. */
export function stanza(
  alias: string,
  user: string,
  port: number,
  files: ClientFiles,
  lines: readonly string[] = [],
): string {
  // ssh obeys the first mention of a keyword.
  const all = [
    ...lines,
    'HostName 127.0.0.1',
    `Port ${port}`,
    `User ${user}`,
    `IdentityFile "${files.identityFile}"`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile "${files.knownHostsFile}"`,
  ];
  return `Host ${alias}\n${all.map((line) => `  ${line}\n`).join('')}\n`;
}

/** The configuration for `sshd -f`. */
export function serverConfig(directory: string, port: number, lines: readonly string[]): string {
  return [
    ...lines,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${path.join(directory, 'host_key')}`,
    `AuthorizedKeysFile ${path.join(directory, 'authorized_keys')}`,
    'PidFile none',
    // The directory lies in the temporary directory, which everyone may write to.
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'PrintMotd no',
    'Subsystem sftp internal-sftp',
    'LogLevel VERBOSE',
    '',
  ].join('\n');
}

async function start(
  directory: string,
  lines: readonly string[],
  mounts: string | undefined,
): Promise<{ child: ChildProcess; port: number }> {
  const config = path.join(directory, 'sshd_config');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    fs.writeFileSync(config, serverConfig(directory, port, lines));
    try {
      return { child: await listen(directory, config, mounts), port };
    } catch (error) {
      // Someone may have taken the port meanwhile.
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function listen(
  directory: string,
  config: string,
  mounts: string | undefined,
): Promise<ChildProcess> {
  const logFile = path.join(directory, 'log');
  const log = fs.openSync(logFile, 'w');
  // Into a file and not a pipe, so that sshd outlives nobody's reading. A group of its own: an
  // interrupt at the terminal reaches us, and we end sshd after those who still use it.
  const sshd = [sshdBinary(), '-D', '-e', '-f', config];
  const [program = '', ...args] =
    mounts === undefined
      ? sshd
      : ['unshare', '-m', 'sh', '-ec', `${mounts}\nexec "$@"`, 'sh', ...sshd];
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    detached: true,
  });
  fs.closeSync(log);
  let failed: Error | undefined;
  child.once('error', (error) => (failed = error));
  for (let waited = 0; waited < 10_000; waited += 20) {
    const said = fs.readFileSync(logFile, 'utf8');
    if (said.includes('Server listening on')) {
      child.unref();
      return child;
    }
    if (failed ?? (child.exitCode !== null || child.signalCode !== null)) {
      throw new Error(`sshd did not start: ${failed?.message ?? said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  throw new Error('sshd is not listening after 10 s.');
}

/** sshd insists on being started by its absolute path. */
export function sshdBinary(): string {
  const places = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/sbin/sshd'];
  const found = places.find((place) => fs.existsSync(place));
  if (found === undefined) throw new Error('sshd is missing; install the package openssh-server.');
  return found;
}
