import type { Chart } from 'chart.js';

/** A place of a line, and its value where it has one. */
export type Place = { readonly x: number; readonly y: number | null };

/** Questions of a walk through a chart to whoever draws it. */
export interface Walked {
  /** Undefined until it was drawn. */
  readonly chart: () => Chart<'line', Place[]> | undefined;
  /** Places there are, from left to right, or from above. */
  readonly places: () => number;
  /** Whether they are one below the other. */
  readonly isUpright?: boolean;
  /** Gets the place and the datasets that are visible and have a value there; none once it is left. */
  readonly onPlace: (place: number | undefined, datasets: readonly number[]) => void;
}

/**
 * The arrow keys, Home, End and Escape do for a chart what the mouse does: walk from place to place and read
 * the values.
 * @returns goes to a place, or leaves the chart.
 */
export function walkByKeys(
  canvas: HTMLCanvasElement,
  { chart: drawn, places, onPlace, isUpright = false }: Walked,
): (place: number | undefined) => void {
  const [next, before] = isUpright ? ['ArrowDown', 'ArrowUp'] : ['ArrowRight', 'ArrowLeft'];
  const show = (place: number | undefined): void => {
    const chart = drawn();
    if (!chart) return;
    const active = chart.data.datasets.flatMap((dataset, datasetIndex) =>
      place !== undefined &&
      chart.isDatasetVisible(datasetIndex) &&
      (dataset.data[place]?.y ?? null) !== null
        ? [{ datasetIndex, index: place }]
        : [],
    );
    chart.setActiveElements(active);
    const element = active[0] && chart.getDatasetMeta(active[0].datasetIndex).data[active[0].index];
    chart.tooltip?.setActiveElements(active, { x: element?.x ?? 0, y: element?.y ?? 0 });
    chart.update();
    onPlace(
      place,
      active.map(({ datasetIndex }) => datasetIndex),
    );
  };
  canvas.addEventListener('keydown', (event) => {
    const last = places() - 1;
    const at = drawn()?.getActiveElements()[0]?.index;
    const target = {
      [next]: at === undefined ? 0 : Math.min(at + 1, last),
      [before]: at === undefined ? last : Math.max(at - 1, 0),
      Home: 0,
      End: last,
    }[event.key];
    if (target === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    show(target);
  });
  canvas.addEventListener('blur', () => {
    show(undefined);
  });
  return show;
}
