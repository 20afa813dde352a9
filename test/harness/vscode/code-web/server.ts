import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { execa } from 'execa';
import type { Directories } from './directories.ts';

// The npm package `code-server` holds the real VS Code server and web workbench. Its own wrapper around
// them is not used: the server's entry point is started directly.

const require = createRequire(import.meta.url);

export interface Server {
  readonly pid: number;
  readonly port: number;
  readonly directories: Directories;
  readonly logFile: string;
  /** Resolves when the server has ended, with how it ended. */
  readonly exited: Promise<string>;
  readonly hasExited: () => boolean;
  /** The URL of a workbench window. */
  workbenchUrl(target?: { folder?: string; workspace?: string; payload?: Payload }): string;
  /** The URI by which the workbench knows a file of this machine. */
  uri(file: string): string;
  stop(): Promise<void>;
}

/** The command-line flags of VS Code for the Web. */
export type Payload = readonly (readonly [string, string])[];

export interface ServerOptions {
  readonly directories: Directories;
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Makes the workbench honour extensionDevelopmentPath and extensionTestsPath, and hides notifications:
   * tests of the user interface leave it off.
   */
  readonly automation?: boolean;
  readonly workspaceTrust?: boolean;
}

export async function startServer(options: ServerOptions): Promise<Server> {
  const { directories } = options;
  const token = randomBytes(16).toString('hex');
  const logFile = path.join(directories.base, 'server.log');
  const log = fs.openSync(logFile, 'w');
  const child = spawn(
    nodeBinary(),
    [
      '-r',
      path.join(import.meta.dirname, 'follow-parent.cjs'),
      ...serverArguments(directories),
      ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
      ...(options.automation === true ? ['--enable-smoke-test-driver'] : []),
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--connection-token',
      token,
    ],
    // A group of its own: an interrupt at the terminal reaches us, and we end it in order.
    {
      env: serverEnvironment(directories, options.env),
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    },
  );
  fs.closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(String(code ?? signal));
    });
  });
  const hasExited = (): boolean =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (hasExited()) return;
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(hard);
  };
  try {
    const port = await listening(logFile, hasExited);
    const authority = `127.0.0.1:${port}`;
    return {
      pid: child.pid ?? 0,
      port,
      directories,
      logFile,
      exited,
      hasExited,
      stop,
      uri: (file) => `vscode-remote://${authority}${encodeURI(path.resolve(file))}`,
      workbenchUrl({ folder, workspace, payload = [] } = {}) {
        const query = new URLSearchParams({ tkn: token });
        if (workspace !== undefined) query.set('workspace', path.resolve(workspace));
        else if (folder !== undefined) query.set('folder', path.resolve(folder));
        else query.set('ew', 'true');
        const quiet: Payload = [
          ['skipWelcome', 'true'],
          ['skipReleaseNotes', 'true'],
        ];
        query.set('payload', JSON.stringify([...quiet, ...payload]));
        return `http://${authority}/?${query.toString()}`;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Extensions of VS Code itself that run on its server only, and that no window of ours uses: most of what is read
 * there, sent to the window and started with it.
 */
const LEFT_OUT = [
  'copilot',
  'debug-auto-launch',
  'debug-server-ready',
  'git',
  'github',
  'grunt',
  'gulp',
  'jake',
  'microsoft-authentication',
  'ms-vscode.js-debug',
  'ms-vscode.js-debug-companion',
  'php-language-features',
  'terminal-suggest',
  'tunnel-forwarding',
];

/** Has VS Code come up without its own extensions that no window of ours uses. */
export function withFewBuiltIn(directories: Directories): Directories {
  const all = path.join(serverRoot(), 'extensions');
  const builtIn = path.join(directories.base, 'built-in');
  fs.mkdirSync(builtIn);
  for (const name of fs.readdirSync(all).filter((each) => !LEFT_OUT.includes(each))) {
    fs.symlinkSync(path.join(all, name), path.join(builtIn, name));
  }
  return { ...directories, builtIn };
}

/** Runs the server for a management command such as `--install-extension` and returns its output. */
export async function serverCommand(
  args: readonly string[],
  directories: Directories,
): Promise<string> {
  const { all, exitCode } = await execa(nodeBinary(), [...serverArguments(directories), ...args], {
    env: serverEnvironment(directories),
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    all: true,
  });
  if (exitCode !== 0) throw new Error(`VS Code failed with ${args.join(' ')}:\n${all}`);
  return all;
}

function serverArguments(directories: Directories): string[] {
  return [
    path.join(serverRoot(), 'out', 'server-main.js'),
    '--accept-server-license-terms',
    '--disable-telemetry',
    // An extension host whose window is gone waits this many seconds for it; three hours by default.
    '--reconnection-grace-time',
    '8',
    '--server-data-dir',
    directories.serverData,
    '--user-data-dir',
    directories.userData,
    '--extensions-dir',
    directories.extensions,
    ...(directories.builtIn === undefined ? [] : ['--builtin-extensions-dir', directories.builtIn]),
  ];
}

function serverEnvironment(
  directories: Directories,
  extra: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // An empty gallery keeps the workbench off the network.
    EXTENSIONS_GALLERY: '{}',
    // The server does not remove its sockets.
    XDG_RUNTIME_DIR: directories.base,
    ...extra,
  };
}

function serverRoot(): string {
  let manifest: string;
  try {
    manifest = require.resolve('code-server/package.json');
  } catch (error) {
    throw new Error('The VS Code server is missing; run: node scripts/setup.mjs', { cause: error });
  }
  const root = path.join(path.dirname(manifest), 'lib', 'vscode');
  // The browser loads node_modules/… relative to the server's root. They are the ones we depend on;
  // code-server would install them a second time there, which we do not let it.
  const link = path.join(root, 'node_modules');
  try {
    fs.symlinkSync(path.relative(root, path.resolve(root, '../../..')), link, 'junction');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return root;
}

/** The server needs Node 22.15 or newer (module.registerHooks). */
function nodeBinary(): string {
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    return path.join(path.dirname(manifest), 'bin', 'node');
  } catch {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major > 22 || (major === 22 && minor >= 15)) return process.execPath;
    throw new Error(`The VS Code server needs Node 22.15 or newer, this is ${process.version}.`);
  }
}

async function listening(logFile: string, hasExited: () => boolean): Promise<number> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const said = fs.readFileSync(logFile, 'utf8');
    const port = /Extension host agent listening on (\d+)/.exec(said)?.[1];
    if (port !== undefined) return Number(port);
    if (hasExited()) throw new Error(`The VS Code server did not start:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The VS Code server is not listening after 30 s.');
}
