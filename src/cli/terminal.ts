import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { visible } from '../text.ts';

/** Whether a person sits there: what is asked then goes to standard error, and standard output stays clean. */
export const isTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Texts of hosts and files may hold anything: none of it acts on the terminal. */
export const say = (text: string): void => {
  process.stderr.write(`${visible(text)}\n`);
};

/**
 * Reads a line from the terminal.
 * @param options.secret it is not shown.
 * @returns undefined: Ctrl-C or Ctrl-D was typed, or `signal` fired.
 */
export function ask(
  question: string,
  { secret = false, signal }: { secret?: boolean; signal: AbortSignal },
): Promise<string | undefined> {
  const nothing = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const output = secret ? nothing : process.stderr;
  // The terminal is in raw mode: Ctrl-C is a character, and becomes a signal here.
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  if (secret) process.stderr.write(visible(question));
  return new Promise((resolve) => {
    const end = (answer: string | undefined) => {
      resolve(answer);
      signal.removeEventListener('abort', stop);
      lines.removeListener('close', stop);
      lines.close();
      if (secret) process.stderr.write('\n');
    };
    const stop = () => {
      end(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    // Not by kill(2): on Windows it would end this process without a word.
    lines.once('SIGINT', () => process.emit('SIGINT'));
    lines.once('close', stop);
    lines.question(secret ? '' : visible(question), end);
    if (signal.aborted) stop();
  });
}
