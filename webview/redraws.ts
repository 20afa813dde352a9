/** A few times a second is as often as a person can follow. */
const LEAST_MS = 250;
/** Drawing takes at most this share of the time. */
const SHARE = 0.2;

/** Draws at once where that was not done lately, else when it is time, then all that came meanwhile. */
export class Redraws {
  readonly #draw: () => void;
  #timer: number | undefined;
  #next = 0;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** Something has changed. */
  ask(): void {
    this.#timer ??= window.setTimeout(
      () => {
        this.now();
      },
      Math.max(0, this.#next - performance.now()),
    );
  }

  now(): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    const begin = performance.now();
    this.#draw();
    const end = performance.now();
    this.#next = end + Math.max(LEAST_MS, (end - begin) / SHARE);
  }
}
