/** Chances of the bypass's group under which its events would be too many, as parts of the way from fair to 1. */
const EXCESSES = [0.1, 0.2, 0.35, 0.5, 0.75, 0.99] as const;
/** Half of the bet is on nearly all events being the bypass's, which is what a fault of it looks like. */
const WEIGHTS = EXCESSES.map((excess) =>
  excess === EXCESSES.at(-1) ? 0.5 : 0.5 / (EXCESSES.length - 1),
);

/**
 * Whether rare events, as resets or stalled readers, are more frequent in one of two groups. As long as they
 * are not, each is the group's with a chance of its part of the exposure at most, and what a bet on more would have
 * won exceeds 1/alpha at any time with probability alpha at most: look as often as you like. Source: Ramdas,
 * Grünwald, Vovk and Shafer, "Game-theoretic statistics and safe anytime-valid inference", Statistical
 * Science 38(4), 2023.
 */
export class Excess {
  readonly #logs = EXCESSES.map(() => 0);
  #events = 0;
  #others = 0;

  /**
   * @param events new ones of the group that may have more, `others` of the other one.
   * @param part the group's part of the exposure meanwhile, from 0 to 1.
   */
  add(events: number, others: number, part: number): void {
    if (!(part > 0 && part < 1)) return;
    this.#events += events;
    this.#others += others;
    EXCESSES.forEach((excess, index) => {
      const chance = part + (1 - part) * excess;
      const won = events * Math.log(chance / part) + others * Math.log((1 - chance) / (1 - part));
      this.#logs[index] = (this.#logs[index] ?? 0) + won;
    });
  }

  /** A stake of 1 has become this much: 100 is as good as certain at 1%. */
  get evidence(): number {
    return this.#logs.reduce((sum, log, index) => sum + (WEIGHTS[index] ?? 0) * Math.exp(log), 0);
  }

  /** How many there were of either group. */
  get counts(): { readonly events: number; readonly others: number } {
    return { events: this.#events, others: this.#others };
  }
}
