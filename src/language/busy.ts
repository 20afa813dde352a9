/** Which files a language server works on, and since when. */
export class Busy {
  readonly #files = new Map<string, { words: string; since: number }>();

  /** @param state of a file in clangd's words: "parsing includes", "idle". */
  is(key: string, state: string): void {
    const since = this.#files.get(key)?.since ?? performance.now();
    if (state.startsWith('idle')) this.#files.delete(key);
    else this.#files.set(key, { words: state, since });
  }

  /** Who types has it begin again and again. */
  again(key: string): void {
    const file = this.#files.get(key);
    if (file !== undefined) file.since = performance.now();
  }

  forget(key: string): void {
    this.#files.delete(key);
  }

  /** With the file that was taken up last; undefined: with none. */
  words(): string | undefined {
    return Array.from(this.#files.values(), ({ words }) => words).at(-1);
  }

  longerThan(milliseconds: number): { key: string; words: string } | undefined {
    for (const [key, { since, words }] of this.#files) {
      if (performance.now() - since > milliseconds) return { key, words };
    }
    return undefined;
  }
}
