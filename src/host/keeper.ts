/** Something made on a host that stays there for longer than a command. */
export interface Kept extends AsyncDisposable {
  /** Whether it is gone already, its connection cut. */
  lost(): boolean;
}

/** Names a kind of thing of which a host keeps one. */
export interface Key<T extends Kept> {
  readonly name: string;
  /** Never there: it ties the key to its type. */
  readonly of?: T;
}

/** Keeps things on a host for as long as its connection lives. */
export class Keeper {
  readonly #owned = new Set<Kept>();
  readonly #things = new Map<Key<Kept>, Promise<Kept>>();

  own(kept: Kept): void {
    for (const one of this.#owned) if (one.lost()) this.#owned.delete(one);
    this.#owned.add(kept);
  }

  async keep<T extends Kept>(key: Key<T>, make: () => Promise<T>): Promise<T> {
    // Whatever lies under a key was made for it.
    const before = this.#things.get(key) as Promise<T> | undefined;
    const there = await before?.catch(() => undefined);
    if (there?.lost() === false) return there;
    // Somebody else may have made it anew meanwhile.
    if (this.#things.get(key) !== before) return this.keep(key, make);
    const made = make().then((thing) => {
      this.own(thing);
      return thing;
    });
    this.#things.set(key, made);
    return made;
  }

  async dispose(): Promise<void> {
    const owned = Array.from(this.#owned);
    this.#owned.clear();
    this.#things.clear();
    await Promise.all(owned.map((kept) => kept[Symbol.asyncDispose]()));
  }
}
