type ThroughputSize = { readonly experiment: 'throughput'; readonly messageBytes: number };
type LatencySize = {
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
export function sizesOf(document: {
  readonly plan: { readonly points: readonly Size[] };
  readonly samples: readonly Size[];
}): Size[] {
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
