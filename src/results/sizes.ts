import * as l10n from '@vscode/l10n';
import type { Arm } from './armSchema.ts';

type ThroughputSize = { readonly experiment: 'throughput'; readonly messageBytes: number };
type TripBytes = { readonly requestBytes: number; readonly responseBytes: number };
type LatencySize = TripBytes & { readonly experiment: 'latency' };
/** Each over a connection of its own. */
type ConnectionsSize = TripBytes & { readonly experiment: 'connections' };
/** Sizes of connections that stay open. */
export type FlowSize = ThroughputSize | LatencySize;
/** A program's own, which has a name in place of a size. */
export type WorkloadSize = { readonly experiment: 'workload'; readonly workload: string };
/** Where something is measured: one place on a chart's axis. */
export type Size = FlowSize | ConnectionsSize | WorkloadSize;

type Workloads = readonly { readonly name: string; readonly arms: Arm[] }[] | undefined;

/** All that a plan measures: with netperf, and its workloads. */
export const pointsOf = <P>({
  points,
  workloads = [],
}: {
  readonly points: readonly P[];
  readonly workloads?: Workloads;
}): (P | (WorkloadSize & { readonly arms: Arm[] }))[] => [
  ...points,
  ...workloads.map(({ name, arms }) => ({ experiment: 'workload' as const, workload: name, arms })),
];

/** A size somebody chose, exactly: `64 B`, `16 KiB`, `65483 B`. */
export function bytes(size: number): string {
  if (size >= 1 << 20 && size % (1 << 20) === 0) return `${size / (1 << 20)} MiB`;
  if (size >= 1 << 10 && size % (1 << 10) === 0) return `${size / (1 << 10)} KiB`;
  return `${size} B`;
}

/** The name of the measurement there: `round trip`. */
export function kindLabel({ experiment }: Pick<Size, 'experiment'>): string {
  switch (experiment) {
    case 'throughput':
      return 'throughput';
    case 'latency':
      return l10n.t('round trip');
    case 'connections':
      return l10n.t('short connections');
    case 'workload':
      return l10n.t('workload');
  }
}

/** `64 B` for a message, `64 B / 1 KiB` for a request and its response, the name of a workload. */
export function sizeLabel(size: Size): string {
  switch (size.experiment) {
    case 'throughput':
      return bytes(size.messageBytes);
    case 'latency':
    case 'connections':
      return `${bytes(size.requestBytes)} / ${bytes(size.responseBytes)}`;
    case 'workload':
      return size.workload;
  }
}

/** A name of a size that is the same for equal sizes. */
export function sizeKey(size: Size): string {
  switch (size.experiment) {
    case 'throughput':
      return `throughput/${size.messageBytes}`;
    case 'latency':
    case 'connections':
      return `${size.experiment}/${size.requestBytes}/${size.responseBytes}`;
    case 'workload':
      return `workload/${size.workload}`;
  }
}

/** Every size of the document, planned or measured, smallest first; workloads last, as they are planned. */
export function sizesOf(document: {
  readonly plan: { readonly points: readonly Size[]; readonly workloads?: Workloads };
  readonly samples: readonly Size[];
}): Size[] {
  const sizes = new Map<string, Size>();
  for (const at of [...pointsOf(document.plan), ...document.samples]) {
    if (!sizes.has(sizeKey(at))) sizes.set(sizeKey(at), bare(at));
  }
  return [...sizes.values()].sort(bySize);
}

/** The size alone of a point or a sample. */
function bare(at: Size): Size {
  switch (at.experiment) {
    case 'throughput':
      return { experiment: at.experiment, messageBytes: at.messageBytes };
    case 'latency':
    case 'connections': {
      const { experiment, requestBytes, responseBytes } = at;
      return { experiment, requestBytes, responseBytes };
    }
    case 'workload':
      return { experiment: at.experiment, workload: at.workload };
  }
}

const ORDER = ['throughput', 'latency', 'connections', 'workload'] as const;

function bySize(a: Size, b: Size): number {
  const kinds = ORDER.indexOf(a.experiment) - ORDER.indexOf(b.experiment);
  if (kinds !== 0 || a.experiment === 'workload' || b.experiment === 'workload') return kinds;
  if (a.experiment === 'throughput' || b.experiment === 'throughput') {
    return messageOf(a) - messageOf(b);
  }
  return a.requestBytes - b.requestBytes || a.responseBytes - b.responseBytes;
}

const messageOf = (size: Size): number =>
  size.experiment === 'throughput' ? size.messageBytes : 0;
