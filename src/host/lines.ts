import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Calls `onLine` for each line of a stream, the last one also without its line break. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}

/** The first line that `accept` takes; undefined when the stream ends before one. */
export function firstLine(
  stream: Readable,
  accept: (line: string) => boolean = () => true,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    createInterface({ input: stream, crlfDelay: Infinity })
      .on('line', (line) => {
        if (accept(line)) resolve(line);
      })
      .once('close', () => {
        resolve(undefined);
      });
  });
}
