import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are kept; what comes to more is no line a program of ours prints. */
const LONGEST = 1024 * 1024;

/**
 * Calls `onLine` for each line of a stream, the last one also without its line break. A longer line than
 * 1 Mi characters is cut: a host may send one that never ends.
 */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let line = '';
  const add = (text: string) => {
    if (line.length < LONGEST) line += text.slice(0, LONGEST - line.length);
  };
  const end = () => {
    const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
    line = '';
    onLine(whole);
  };
  stream.on('data', (chunk: Buffer) => {
    const [first = '', ...others] = decoder.write(chunk).split('\n');
    add(first);
    for (const other of others) {
      end();
      add(other);
    }
  });
  stream.once('end', () => {
    add(decoder.end());
    if (line !== '') end();
  });
}

/** The first line; undefined when the stream ends before one. What follows it is read and dropped. */
export function firstLine(stream: Readable): Promise<string | undefined> {
  return new Promise((resolve) => {
    onLines(stream, resolve);
    stream.once('close', () => {
      resolve(undefined);
    });
  });
}
