import * as l10n from '@vscode/l10n';
import { HostError } from './errors.ts';
import type { Privilege } from './privilege.ts';

/** For every command. */
export interface CommandOptions {
  /** The attempt, as a verb phrase, for messages: "compile classic.bpf.c". */
  readonly tried: string;
  /** Run with root's privileges (see `Host.becomeRoot`). */
  readonly root?: boolean;
  /** Standard input; without it the command reads nothing. */
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** A command has to end in this time; 60 s by default. */
  readonly timeoutMs?: number;
}

/** For a command that goes with its caller. */
export interface RunOptions extends CommandOptions {
  /** MiB of standard output after which the command is ended on the host; 32 by default. */
  readonly maxMiB?: number;
}

/** For a command that ends by itself on the host, whatever becomes of the caller and the connection. */
export interface TransactOptions extends CommandOptions {
  /** Cancels it as long as it has not been started. */
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: (line: string) => void;
  /**
   * The command's question, in place of `input`: the first answer to a line of it is its input. The time a
   * person takes does not count.
   */
  readonly answer?: (line: string) => string | Promise<string> | undefined;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `Host`, as its own parts see it, which it imports. */
export interface Runner {
  readonly name: string;
  run(argv: readonly string[], options: RunOptions): Promise<RunResult>;
  privilege(signal?: AbortSignal): Promise<Privilege>;
}

/**
 * The standard output of a command that has succeeded.
 * @throws HostError of kind `command` after any exit but 0, with the command's own words.
 */
export function outputOf(
  { exitCode, stdout, stderr }: RunResult,
  {
    argv,
    tried,
    where,
    next = '',
  }: { argv: readonly string[]; tried: string; where: string; next?: string | undefined },
): string {
  if (exitCode === 0) return stdout;
  throw new HostError({
    kind: 'command',
    tried,
    where,
    words: [
      stderr.trim() === '' ? stdout : stderr,
      l10n.t('{0}: exit code {1}', argv[0] ?? '', exitCode),
    ]
      .join('\n')
      .trim(),
    exitCode,
    next,
  });
}
