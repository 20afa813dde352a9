import path from 'node:path';
import { execa } from 'execa';
import { atEnd, isInterrupted } from '../../test/harness/cleanup.ts';
import { descendants, endProcesses, processRef } from '../../test/harness/processes.ts';

export const root = path.resolve(import.meta.dirname, '../..');

/** A program of an installed package, without npx in between: a signal must reach the program itself. */
export function installed(program: string): string {
  return path.join(root, 'node_modules', '.bin', program);
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Keeps the output instead of showing it. */
  readonly capture?: boolean;
  /** Shown before each line, where several commands speak at the same time. */
  readonly prefix?: string;
  /** Ends the command when this says so, with the reason. */
  readonly watchdog?: () => string | undefined;
}

export interface CommandOutcome {
  readonly code: number | string;
  readonly output: string;
  /** Why the watchdog ended it. */
  readonly ended?: string;
}

/** Runs a command to its end; an interrupt ends it with all it has started. */
export async function runCommand(
  [command = '', ...args]: readonly string[],
  options: CommandOptions,
): Promise<CommandOutcome> {
  if (isInterrupted()) throw new Error(`Interrupted before ${command}.`);
  const { prefix } = options;
  const prefixed = function* (line: unknown): Generator<string> {
    yield `${prefix ?? ''}${String(line)}`;
  };
  const shown = prefix === undefined ? ('inherit' as const) : ([prefixed, 'inherit'] as const);
  const stdio = options.capture === true ? 'pipe' : shown;
  const child = execa(command, args, {
    cwd: options.cwd,
    ...(options.env && { env: options.env }),
    stdin: 'ignore',
    stdout: stdio,
    stderr: stdio,
    all: true,
    stripFinalNewline: false,
    reject: false,
    // It ends in its own way, below.
    cleanup: false,
  });
  const end = async (): Promise<void> => {
    const ref = child.pid === undefined ? undefined : processRef(child.pid);
    if (ref === undefined) return;
    const below = descendants(ref.pid);
    // It cleans up after itself when asked; what is left then is ended by us.
    await endProcesses([ref], { first: 'SIGINT', graceMs: 35_000 });
    await endProcesses(below);
  };
  let finished = false;
  const stop = atEnd(async () => {
    if (!finished) await end();
  });
  let ended: string | undefined;
  const timer = setInterval(() => {
    ended ??= options.watchdog?.();
    if (ended === undefined) return;
    clearInterval(timer);
    void end();
  }, 1000);
  const { exitCode, signal, shortMessage = 'unknown', all = '' } = await child;
  clearInterval(timer);
  finished = true;
  await stop();
  const code = exitCode ?? signal ?? shortMessage;
  // Where it could not be started at all, that is why.
  const output = typeof code === 'number' || signal !== undefined ? all : shortMessage;
  return { code, output, ...(ended === undefined ? {} : { ended }) };
}
