import { showsRatios, type Figure, type Series } from '../src/results/figure.ts';
import { isCoarse } from '../src/results/verdicts.ts';

export type ScaleKind = 'logarithmic' | 'linear';
export type Axes = { readonly x: ScaleKind; readonly y: ScaleKind };

/**
 * Sizes double: a line of them needs a logarithmic axis. A ratio of 2 is as far from 1 as 0.5. The slowest requests
 * take many times as long as most.
 */
export const defaultAxes = (figure: Figure): Axes => ({
  x: figure.id === 'workloads' ? 'linear' : 'logarithmic',
  y: showsRatios(figure) || figure.id === 'distribution' ? 'logarithmic' : 'linear',
});

/** A name in lines of a few words. */
export function linesOf(name: string, width = 16): string[] {
  const lines: string[] = [];
  for (const word of name.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

export type Range = { readonly min: number; readonly max: number };

/** The x axis, with room for the markers of the first and the last size. */
export function xRange({ sizes, names }: Pick<Figure, 'sizes' | 'names'>, kind: ScaleKind): Range {
  const [low, high] = [sizes[0] ?? 1, sizes.at(-1) ?? 1];
  if (names !== undefined && kind === 'linear') return { min: low - 0.5, max: high + 0.5 };
  if (kind === 'logarithmic') {
    const room = Math.max((high / low) ** 0.08, 1.5);
    return { min: low / room, max: high * room };
  }
  const room = Math.max((high - low) * 0.06, high * 0.04);
  return { min: low === high ? low - room : Math.min(0, low - room), max: high + room };
}

/** The y axis: everything measured is on it, and from a linear one nothing is cut off below. */
export function yRange(
  figure: Figure,
  shown: readonly Series[],
  kind: ScaleKind,
  raw: boolean,
): Range {
  const points = shown.flatMap((series) => series.points.flatMap((point) => point ?? []));
  const isRatio = showsRatios(figure);
  const all = points.flatMap(({ median, values, step, ...extremes }) => {
    const { low, high } = extremes.interval ?? extremes;
    return [
      // An interval of two rounds may reach to the moon; the picture is of the ratios.
      isRatio ? Math.max(low, median / 1.5) : low,
      isRatio ? Math.min(high, median * 1.5) : high,
      ...(step !== undefined && isCoarse({ step, median }) ? [median + step] : []),
      ...(raw ? values : []),
    ];
  });
  let [min, max] = isRatio ? [0.9, 1.1] : [Infinity, 0];
  // A loop: a call takes no hundred thousand arguments, and there may be as many values.
  for (const value of all) {
    if (value <= 0) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (!Number.isFinite(min) || max <= 0) return { min: kind === 'linear' ? 0 : 0.1, max: 1 };
  return kind === 'linear' ? { min: 0, max: max * 1.05 } : { min: min / 1.15, max: max * 1.15 };
}

/** Steps people count in, from one power of ten to the next; between halves and doubles finer. */
const STEPS = [1, 2, 3, 5, 7];
const NEAR_ONE = [0.65, 0.8, 0.9, 1.1, 1.25, 1.5];

/** Marks of a logarithmic axis, or of ratios: 1 first, then round numbers that have room. */
export function roundTicks(range: Range, kind: ScaleKind, isRatio: boolean): number[] {
  const decades = Array.from({ length: 16 }, (_, power) => Number(`1e${power - 6}`));
  const steps = [...STEPS.flatMap((step) => decades.map((decade) => step * decade))];
  const wanted = [...(isRatio ? [1, ...NEAR_ONE] : []), ...steps].map((value) =>
    Number(value.toPrecision(3)),
  );
  const inside = [...new Set(wanted)].filter((value) => value >= range.min && value <= range.max);
  return thin(inside, range, kind, 0.06);
}

/** Marks of the axis of sizes: the sizes themselves, as far as their names have room. */
export const sizeTicks = (sizes: readonly number[], range: Range, kind: ScaleKind, room: number) =>
  thin([...sizes].reverse(), range, kind, room);

/** Keeps from the first to the last what has `room`, a share of the axis, to all kept before. */
function thin(values: readonly number[], range: Range, kind: ScaleKind, room: number): number[] {
  const scale = kind === 'logarithmic' ? Math.log : (value: number) => value;
  const [start, end] = [scale(Math.max(range.min, Number.MIN_VALUE)), scale(range.max)];
  const at = (value: number) => (scale(value) - start) / (end - start);
  const kept: number[] = [];
  for (const value of values) {
    if (kept.every((other) => Math.abs(at(other) - at(value)) >= room)) kept.push(value);
  }
  return kept.sort((a, b) => a - b);
}
