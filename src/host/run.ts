import type { Privilege } from './privilege.ts';

export interface RunOptions {
  /** What is attempted, as a verb phrase, for messages: "compile classic.bpf.c". */
  readonly tried: string;
  /** Run with root's privileges (see `Host.becomeRoot`). */
  readonly root?: boolean;
  /** Standard input; without it the command reads nothing. */
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** After this the command is ended on the host; 60 s unless told. */
  readonly timeoutMs?: number;
  /** MiB of standard output after which the command is ended on the host; 32 unless told. */
  readonly maxMiB?: number;
  /** Let the command end by itself even when the connection or the caller goes: for transactions. */
  readonly finish?: boolean;
  readonly onLine?: (line: string) => void;
  /**
   * A command's question, for one with `finish`: the first answer to a line of it is its input. The time a
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
