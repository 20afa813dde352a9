import type { Readable } from 'node:stream';
import { decodeBytes } from './bytes.ts';

const MOST_CHUNKS = 4096;

/** Keeps all that a stream sends up to a limit; beyond that it is read on and dropped. */
export class Collected {
  readonly #whole: Buffer[] = [];
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;

  /** @param onTooMuch called once, when more than `limit` bytes have come. */
  constructor(stream: Readable, limit: number, onTooMuch: () => void) {
    stream.on('data', (chunk: Buffer) => {
      if (this.#bytes > limit) return;
      this.#bytes += chunk.length;
      if (this.#bytes <= limit) {
        this.#chunks.push(chunk);
        // Each takes hundreds of bytes besides its own, and a host may send them one by one.
        if (this.#chunks.length > MOST_CHUNKS) {
          this.#whole.push(Buffer.concat(this.#chunks));
          this.#chunks = [];
        }
        return;
      }
      this.#chunks = [];
      this.#whole.length = 0;
      onTooMuch();
    });
    this.ended = new Promise((resolve) => {
      stream.once('close', resolve);
    });
  }

  text(): string {
    return decodeBytes(Buffer.concat([...this.#whole, ...this.#chunks]));
  }
}

/** The last of what a stream sends, for one that lives for hours. */
export class Tail {
  #kept = Buffer.alloc(0);

  constructor(stream: Readable, bytes: number) {
    stream.on('data', (chunk: Buffer) => {
      const all = Buffer.concat([this.#kept, chunk]);
      this.#kept = all.length > bytes ? Buffer.from(all.subarray(-bytes)) : all;
    });
  }

  text(): string {
    return this.#kept.toString();
  }
}
