/** The last of a sorted list whose key is not above a limit. */
export function lastUpTo<T>(
  sorted: readonly T[],
  limit: number,
  key: (one: T) => number,
): T | undefined {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const one = sorted[middle];
    if (one !== undefined && key(one) <= limit) from = middle + 1;
    else to = middle;
  }
  return sorted[from - 1];
}
