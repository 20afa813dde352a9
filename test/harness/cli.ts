import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { shellLine } from '../../src/host/quote.ts';
import { endAtEnd } from './processes.ts';
import { run } from './run.ts';
import { temporaryDirectory } from './temporary.ts';
import { packageExtension } from './vscode/packageExtension.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface CliRun {
  /** Its output so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** As Ctrl-C in a terminal does: to all that it has started, too. */
  interrupt(): void;
  /** Its exit status, as a shell has it: of what a signal ended, 128 and its number. */
  readonly ended: Promise<{ status: number; stdout: string; stderr: string }>;
}

export interface InstalledCli {
  /** The program. */
  readonly file: string;
  /** A file of the BPF C that lies beside it. */
  source(name: string): string;
  start(argv: readonly string[]): CliRun;
  /** The same on a terminal, whose screen is the standard output. */
  open(argv: readonly string[]): CliRun & { type(keys: string): void };
  run(argv: readonly string[]): CliRun['ended'];
  remove(): Promise<void>;
}

/** The command line as `npm install --global` puts it there from the packed folder. */
export async function installCli(): Promise<InstalledCli> {
  // Which builds what is packed.
  await packageExtension();
  const place = temporaryDirectory();
  const packed = ['--ignore-scripts', '--silent', '--pack-destination', place.path];
  const name = (await run('npm', ['pack', ...packed], { cwd: root })).trim();
  const prefix = path.join(place.path, 'prefix');
  const options = ['--global', '--prefix', prefix, '--offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, path.join(place.path, name)], { cwd: place.path });
  const file = path.join(prefix, 'bin', 'sockmap-bypass');
  const source = (name: string): string =>
    path.join(prefix, 'lib', 'node_modules', 'sockmap-bypass', 'bpf', name);
  const start = (argv: readonly string[]) => follow(file, argv, place.path);
  const open = (argv: readonly string[]) => {
    const line = shellLine([file, ...argv]);
    return follow('script', ['--quiet', '--return', '--command', line, '/dev/null'], place.path);
  };
  const remove = () => place.remove();
  return { file, source, start, open, run: (argv) => start(argv).ended, remove };
}

function follow(program: string, argv: readonly string[], cwd: string) {
  // A group of its own, as a shell gives to what is typed.
  const child = execa(program, argv, { cwd, detached: true, reject: false, buffer: false });
  const stop = endAtEnd(child.pid);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
  }
  const ended = child.then(async ({ exitCode, signal }) => {
    await stop();
    return { status: exitCode ?? 128 + os.constants.signals[signal ?? 'SIGKILL'], ...said };
  });
  return {
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    type: (keys: string) => {
      child.stdin.write(keys);
    },
    interrupt: () => process.kill(-(child.pid ?? NaN), 'SIGINT'),
    ended,
  };
}
