/** As often as a person can follow. */
const SHORTEST_MS = 2000;
const LONGEST_MS = 30_000;
/** A host reads for at most this share of the time. */
const SHARE = 0.2;

/**
 * Milliseconds until the next reading.
 * @param tookMs the last one. @param failures how many have failed in a row.
 */
export const pauseAfter = (tookMs: number, failures: number): number =>
  failures === 0
    ? Math.min(LONGEST_MS, Math.max(SHORTEST_MS, tookMs / SHARE - tookMs))
    : Math.min(LONGEST_MS, 5000 * 2 ** (failures - 1));

const isOn = (signal: AbortSignal): boolean => !signal.aborted;

/** Reads something again and again, one reading at a time, as long as it is on. */
export class Poller {
  readonly #read: (signal: AbortSignal) => Promise<number>;
  readonly #onFailure: (error: unknown) => void;
  #controller: AbortController | undefined;
  #wake: (() => void) | undefined;
  /** Once more, at once. */
  #isWanted = false;

  /** @param read resolves to the milliseconds that the host took; it throws where nothing could be read. */
  constructor(read: (signal: AbortSignal) => Promise<number>, onFailure: (error: unknown) => void) {
    this.#read = read;
    this.#onFailure = onFailure;
  }

  /** Switching it off aborts what is under way. */
  turn(on: boolean): void {
    if (on === (this.#controller !== undefined)) return;
    this.#controller?.abort();
    this.#wake?.();
    this.#controller = on ? new AbortController() : undefined;
    if (this.#controller) void this.#run(this.#controller.signal);
  }

  /** Reads at once, or once more after what is under way. */
  now(): void {
    this.#isWanted = true;
    this.#wake?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (isOn(signal)) {
      this.#isWanted = false;
      let took = 0;
      try {
        took = await this.#read(signal);
        failures = 0;
      } catch (error) {
        if (!isOn(signal)) return;
        failures++;
        this.#onFailure(error);
      }
      await this.#pause(signal, pauseAfter(took, failures));
    }
  }

  async #pause(signal: AbortSignal, ms: number): Promise<void> {
    if (!isOn(signal) || this.#isWanted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
