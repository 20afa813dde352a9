import { ARM_LABELS } from './arms.ts';
import type { Arm } from './document.ts';
import type { Point, Series } from './figure.ts';
import type { LatencyMetric } from './quantities.ts';

/** A series before it has a name. */
export type Line = {
  readonly arm: Arm;
  readonly run: number;
  readonly metric?: LatencyMetric | undefined;
  readonly requestBytes?: number | undefined;
  readonly against?: Arm;
  readonly variantLabel: string;
  readonly runLabel: string;
  readonly breaks: readonly number[];
  readonly points: readonly (Point | undefined)[];
};

/** Lines that have points, named, with the variants numbered in the order they come. */
export function seriesOf(lines: readonly Line[]): Series[] {
  const measured = lines.filter(({ points }) => points.some((point) => point !== undefined));
  const variants = new Map<string, number>();
  return measured.map(({ metric, requestBytes, ...line }) => {
    const { arm, variantLabel, runLabel } = line;
    const variant = variants.get(variantLabel) ?? variants.size;
    variants.set(variantLabel, variant);
    const words = [ARM_LABELS[arm], variantLabel, runLabel];
    const label = words.filter((word) => word !== '').join(', ');
    return {
      ...line,
      key: [arm, metric, label].join('/'),
      label,
      variant,
      ...(metric && { metric }),
      ...(requestBytes !== undefined && { requestBytes }),
    };
  });
}
