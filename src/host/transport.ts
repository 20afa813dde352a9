import { hasBytes } from './bytes.ts';
import type { HostError } from './errors.ts';
import { loginShellLine } from './quote.ts';

/** How a host's argv becomes an argv of this machine. */
export interface Transport {
  /** How long a command may take to begin, in which a login's start-up files run. */
  readonly answerMs: number;
  /** Resolves once commands can run; called before each one, so it must be cheap when connected. */
  connect(signal?: AbortSignal): Promise<void>;
  /** Whether there is a connection by now, one of a terminal's too; it makes none. */
  isOpen(): Promise<boolean>;
  command(argv: readonly string[]): { file: string; args: string[] };
  /** Whether exit code 255 and these words mean that the transport failed rather than the command. */
  failure(exitCode: number | undefined, stderr: string): HostError | undefined;
  dispose(): Promise<void>;
}

/** This machine, without ssh. */
export const localTransport: Transport = {
  answerMs: 20_000,
  connect: () => Promise.resolve(),
  isOpen: () => Promise.resolve(true),
  command: (argv) => {
    const [file = '', ...args] = argv;
    // Node would start no program with words that are not UTF-8.
    return argv.some(hasBytes)
      ? { file: 'sh', args: ['-c', loginShellLine(argv)] }
      : { file, args };
  },
  failure: () => undefined,
  dispose: () => Promise.resolve(),
};
