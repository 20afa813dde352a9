import type { PairRow } from '../src/assess/page/protocol.ts';

/** Which column, and which way. */
export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/**
 * The rows that have all words of a filter in any of their cells, sorted; rows that are alike stay in their order.
 * @param sorting undefined: as they came.
 */
export function shownRows(
  rows: readonly PairRow[],
  filter: string,
  sorting: Sorting | undefined,
): readonly PairRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => {
    const text = row.map((cell) => cell.text.toLowerCase()).join('\n');
    return words.every((word) => text.includes(word));
  });
  if (sorting === undefined) return found;
  const { column, descending } = sorting;
  return found.toSorted((a, b) => {
    const order = compare(a[column]?.sort ?? '', b[column]?.sort ?? '');
    return descending ? -order : order;
  });
}

const compare = (a: number | string, b: number | string): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en');
