/** A record whose values are worked out when they are read, each once. */
export function lazily<K extends string, V>(makers: Readonly<Record<K, () => V>>): Record<K, V> {
  const made = new Map<K, V>();
  const record = {} as Record<K, V>;
  for (const key of Object.keys(makers) as K[]) {
    Object.defineProperty(record, key, {
      enumerable: true,
      get() {
        const known = made.get(key);
        if (known !== undefined || made.has(key)) return known;
        const value = makers[key]();
        made.set(key, value);
        return value;
      },
    });
  }
  return record;
}
