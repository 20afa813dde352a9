import type { Arm, ResultDocument } from './document.ts';

/**
 * Names for people, in the order of legends and tables. The schema's own list would bring the
 * whole validator into the chart panel.
 */
export const ARM_LABELS: Readonly<Record<Arm, string>> = {
  tcp: 'TCP',
  'tcp-nodelay': 'TCP no delay',
  bypass: 'Bypass',
  'bypass-classic': 'Bypass classic',
  unix: 'Unix socket',
};
export const ARM_ORDER = Object.keys(ARM_LABELS) as Arm[];
export const BYPASSES: readonly Arm[] = ['bypass', 'bypass-classic'];

/** The figures of the article by its numbers, and one picture of them all. */
export const FIGURE_IDS = ['overview', 'fig2', 'fig3', 'fig4', 'fig5', 'fig6', 'fig7'] as const;
export type FigureId = (typeof FIGURE_IDS)[number];

/** Quantities of a round trip, in microseconds. */
export const LATENCY_METRICS = ['p50', 'p90', 'p99', 'mean'] as const;
export type LatencyMetric = (typeof LATENCY_METRICS)[number];
export const METRIC_LABELS: Readonly<Record<LatencyMetric, string>> = {
  ...{ p50: 'P50', p90: 'P90', p99: 'P99', mean: 'Mean' },
};

/** What the other arms are compared with: TCP, or the first one in this order where there is none. */
export const baselineOf = ({ arms }: { readonly arms: readonly Arm[] }): Arm | undefined =>
  ARM_ORDER.find((arm) => arms.includes(arm));

export type ThroughputSize = { readonly experiment: 'throughput'; readonly messageBytes: number };
export type LatencySize = {
  readonly experiment: 'latency';
  readonly requestBytes: number;
  readonly responseBytes: number;
};
/** Where something is measured: one place on a chart's axis. */
export type Size = ThroughputSize | LatencySize;

/** A size somebody chose, exactly: `64 B`, `16 KiB`, `65483 B`. */
export function bytes(size: number): string {
  if (size >= 1 << 20 && size % (1 << 20) === 0) return `${size / (1 << 20)} MiB`;
  if (size >= 1 << 10 && size % (1 << 10) === 0) return `${size / (1 << 10)} KiB`;
  return `${size} B`;
}

/** `64 B` for a message, `64 B / 1 KiB` for a request and its response. */
export function sizeLabel(size: Size): string {
  return size.experiment === 'throughput'
    ? bytes(size.messageBytes)
    : `${bytes(size.requestBytes)} / ${bytes(size.responseBytes)}`;
}

/** A name of a size that is the same for equal sizes. */
export function sizeKey(size: Size): string {
  return size.experiment === 'throughput'
    ? `throughput/${size.messageBytes}`
    : `latency/${size.requestBytes}/${size.responseBytes}`;
}

/** Every size of the document, planned or measured, smallest first. */
export function sizesOf(document: ResultDocument): Size[] {
  const sizes = new Map<string, Size>();
  for (const at of [...document.plan.points, ...document.samples]) {
    const size: Size =
      at.experiment === 'throughput'
        ? { experiment: 'throughput', messageBytes: at.messageBytes }
        : {
            experiment: 'latency',
            requestBytes: at.requestBytes,
            responseBytes: at.responseBytes,
          };
    sizes.set(sizeKey(size), size);
  }
  return [...sizes.values()].sort(bySize);
}

function bySize(a: Size, b: Size): number {
  if (a.experiment === 'throughput') {
    return b.experiment === 'throughput' ? a.messageBytes - b.messageBytes : -1;
  }
  if (b.experiment === 'throughput') return 1;
  return a.requestBytes - b.requestBytes || a.responseBytes - b.responseBytes;
}

/** netperf's histogram has buckets of 1 µs up to 100 µs, of 10 µs up to 1 ms, and so on. */
export function percentileStepUs(us: number): number {
  return us < 100 ? 1 : 10 ** (Math.floor(Math.log10(us)) - 1);
}

/** Rounds in which nothing moved. */
export type Stalls = { readonly stalled: number; readonly rounds: number };

/** `stalled in 1 of 4 rounds`. */
export const stallWords = ({ stalled, rounds }: Stalls): string =>
  `stalled in ${stalled} of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
