/** A stream that no language server sends: it is ended, and not begun again by itself. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
}

/**
 * The largest that clangd has for us, the symbols of a kernel's vmlinux.h, have 25 MB and 2 million parts.
 * A part (value, list or object) takes up to 60 bytes of memory once it is read.
 */
export const LIMITS = {
  headerBytes: 4096,
  messageBytes: 48 * 2 ** 20,
  parts: 4_000_000,
  depth: 512,
} as const;

const END = Buffer.from('\r\n\r\n');

/**
 * Cuts a stream of the language server protocol into messages. Holds no more than one message and what
 * came in one piece with it.
 */
export class Frames {
  /** Received bytes of the header or the message, up to `#filled`. */
  #buffer = Buffer.alloc(LIMITS.headerBytes);
  #filled = 0;
  /** Length of the message that is being read; undefined in a header. */
  #length: number | undefined;

  /**
   * @returns the messages that are complete with this piece of the stream, as JSON.
   * @throws StreamError for what is too large, or no such stream.
   */
  *push(piece: Uint8Array): Generator<Buffer, void> {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    while (rest.length > 0) {
      const wanted = (this.#length ?? LIMITS.headerBytes) - this.#filled;
      const before = this.#filled;
      this.#append(rest.subarray(0, wanted));
      if (this.#length === undefined) {
        // The end may have begun in the piece before.
        const from = Math.max(0, before - END.length + 1);
        const end = this.#buffer.subarray(0, this.#filled).indexOf(END, from);
        if (end < 0 && this.#filled < LIMITS.headerBytes) return;
        if (end < 0) throw new StreamError(`a header of more than ${LIMITS.headerBytes} bytes`);
        this.#length = lengthIn(this.#buffer.toString('latin1', 0, end));
        rest = rest.subarray(end + END.length - before);
        this.#filled = 0;
      } else rest = rest.subarray(this.#filled - before);
      if (this.#filled === this.#length) yield this.#take();
    }
  }

  /** Grows with what has come, not with what is announced. */
  #append(piece: Buffer): void {
    const size = this.#filled + piece.length;
    if (size > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(size, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#filled);
      this.#buffer = grown;
    }
    piece.copy(this.#buffer, this.#filled);
    this.#filled = size;
  }

  #take(): Buffer {
    const message = this.#buffer.subarray(0, this.#filled);
    this.#buffer = Buffer.alloc(LIMITS.headerBytes);
    this.#filled = 0;
    this.#length = undefined;
    return message;
  }
}

function lengthIn(header: string): number {
  const lengths = header
    .split('\r\n')
    .map((line) => /^content-length:[ \t]*(\d{1,10})[ \t]*$/i.exec(line)?.[1])
    .filter((found) => found !== undefined);
  const [length] = lengths;
  if (length === undefined || lengths.length > 1) {
    throw new StreamError(`a header without a length: ${JSON.stringify(header.slice(0, 200))}`);
  }
  if (Number(length) > LIMITS.messageBytes || Number(length) === 0) {
    throw new StreamError(
      `a message of ${length} bytes; ${LIMITS.messageBytes} bytes are the most that is read`,
    );
  }
  return Number(length);
}

const code = (character: string): number => character.charCodeAt(0);
const [QUOTE, ESCAPE, COMMA] = [code('"'), code('\\'), code(',')];
const OPENING = [code('['), code('{')];
const CLOSING = [code(']'), code('}')];

/**
 * Reads a message, unless it would take much more memory than it has bytes.
 * @throws StreamError for that, and for what is no JSON.
 */
export function parseMessage(message: Buffer): unknown {
  let [parts, depth] = [0, 0];
  for (let at = 0; at < message.length; at++) {
    const byte = message[at] ?? 0;
    if (byte === QUOTE) {
      for (at++; at < message.length && message[at] !== QUOTE; at++) {
        if (message[at] === ESCAPE) at++;
      }
    } else if (byte === COMMA) parts++;
    else if (OPENING.includes(byte)) {
      parts++;
      if (++depth > LIMITS.depth) throw new StreamError(`lists ${LIMITS.depth} deep in each other`);
    } else if (CLOSING.includes(byte)) depth--;
  }
  if (parts > LIMITS.parts) throw new StreamError(`a message of ${parts} parts`);
  try {
    return JSON.parse(message.toString()) as unknown;
  } catch (error) {
    throw new StreamError('a message that is no JSON', { cause: error });
  }
}
