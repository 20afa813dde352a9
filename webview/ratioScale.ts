import type { ComparisonPage } from '../src/results/words/comparisonView.ts';

/** Widest: an interval of two rounds may have no end, and the picture is of the ratios. */
const [NARROWEST, WIDEST] = [1.25, 8];

/** A logarithmic scale around 1, as wide one way as the other. */
export type RatioScale = { readonly end: number; readonly marks: readonly number[] };

/** Wide enough for every ratio, and for its interval where that is not far off. */
export function ratioScale({ groups }: Pick<ComparisonPage, 'groups'>): RatioScale {
  const ratios = groups.flatMap(({ rows }) => rows.flatMap(({ ratio }) => ratio ?? []));
  const away = (value: number) => Math.max(value, 1 / value);
  const centres = ratios.map(({ centre }) => away(centre) * 1.1);
  const ends = ratios.flatMap(({ interval }) =>
    interval ? [away(interval.low), away(interval.high)] : [],
  );
  const wanted = ends.map((value) => Math.min(value * 1.05, WIDEST));
  const end = Math.max(NARROWEST, ...centres, ...wanted);
  const steps = [1.1, 1.25, 1.5, 2, 4, 10, 100, 1000].filter((step) => step < end);
  const step = steps.at(-1) ?? NARROWEST;
  return { end, marks: [1 / step, 1, step] };
}

/** Where a ratio is, 0 to 1 from the left; beyond the ends outside of that. */
export const placeOn = ({ end }: RatioScale, ratio: number): number =>
  (Math.log(Math.max(ratio, Number.MIN_VALUE)) / Math.log(end) + 1) / 2;
