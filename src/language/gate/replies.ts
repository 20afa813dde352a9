import { StreamError } from './frames.ts';
import type { Message } from './gate.ts';

/** Replies that wait for a server that does not read them. */
const MOST_WAITING = 1000;

/** Our answers to a server's questions, as many as it reads. */
export class Replies {
  readonly #write: (reply: Message) => Promise<void>;
  #waiting = 0;

  constructor(write: (reply: Message) => Promise<void>) {
    this.#write = write;
  }

  /** @throws StreamError when too many wait. */
  send(reply: Message): void {
    if (++this.#waiting > MOST_WAITING) throw new StreamError('questions, and no answer is read');
    const settled = (): void => {
      this.#waiting--;
    };
    // A server that does not listen any more needs no answer.
    this.#write(reply).then(settled, settled);
  }
}
