import { randomBytes } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/** Bytes that may come before a mark; no greeting is longer. */
const LONGEST = 256 * 1024;

/** A word nobody can print by chance, in halves, so that a shell that shows its command lines does not. */
export class Mark {
  readonly halves: readonly [string, string] = [random(), random()];
  readonly text = this.halves.join('');
}

const random = (): string => `=${randomBytes(8).toString('hex')}`;

/** sh: prints the mark whose halves are $1 and $2, with $u, on both streams, and shifts it away. */
export const PRINT_MARK = `printf '%s%s %s\\n' "$1" "$2" "$u" || exit 1
printf '%s%s %s\\n' "$1" "$2" "$u" >&2
shift 2`;

interface GateEvents {
  /** The mark came. @param said what its line held behind it. */
  readonly onOpen?: (said: string) => void;
  /** There is more before it. @param before all of it so far. */
  readonly onBefore?: (before: string) => void;
  /** More came before it than any greeting; the gate stays shut. */
  readonly onFlood?: () => void;
}

/**
 * Lets the bytes of a stream through from behind the line of a mark on. Before it comes what is not ours:
 * what a login's start-up files print, sudo's words.
 */
export class Gate extends Transform {
  readonly #mark: string;
  readonly #events: GateEvents;
  #before = Buffer.alloc(0);
  #state: 'shut' | 'open' | 'flooded' = 'shut';

  constructor(mark: Mark, events: GateEvents = {}) {
    super();
    this.#mark = mark.text;
    this.#events = events;
  }

  /** The bytes before the mark, at most 256 KiB of them. */
  get before(): string {
    return this.#before.toString();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#state === 'open') {
      done(null, chunk);
      return;
    }
    if (this.#state === 'shut') this.#look(chunk);
    done();
  }

  #look(chunk: Buffer): void {
    const all = Buffer.concat([this.#before, chunk]);
    const at = all.indexOf(this.#mark);
    const end = at < 0 ? -1 : all.indexOf('\n', at);
    if (end >= 0) {
      this.#before = Buffer.from(all.subarray(0, at));
      this.#state = 'open';
      this.#events.onOpen?.(all.toString('utf8', at + this.#mark.length, end).trim());
      if (end + 1 < all.length) this.push(all.subarray(end + 1));
      return;
    }
    this.#before = all.subarray(0, LONGEST);
    if (all.length > LONGEST) {
      this.#state = 'flooded';
      this.#events.onFlood?.();
    } else this.#events.onBefore?.(this.before);
  }
}
