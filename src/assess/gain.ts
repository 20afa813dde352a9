import { bytes, type FlowSize } from '../results/sizes.ts';
import type { ResultDocument } from '../results/document.ts';
import { topologyOf } from '../results/plan.ts';
import type { Cell, Value } from '../results/points.ts';
import { RunIndex } from '../results/runs.ts';
import { rate, throughput } from '../results/specs.ts';
import type { Basis } from './assessment.ts';
import type { Flow } from './flows.ts';

/** The effect of a bypass on messages of a size. */
interface Speed {
  /** Times as fast as TCP. */
  readonly ratio: number;
  /** Seconds that TCP takes: for a round trip, or for a byte of a stream. */
  readonly tcpSeconds: number;
  readonly at: FlowSize;
  readonly basis: Basis;
}

export interface Expected {
  readonly ratio: number;
  /** A second. */
  readonly savedMs: number;
  readonly at: string;
  readonly basis: Basis;
}

/** Speeds of a host, from its own results where these have the size, else estimated. */
export class Speeds {
  readonly #runs: readonly { readonly between: boolean; readonly index: RunIndex }[];

  /** @param documents results of this host, the latest last. */
  constructor(documents: readonly ResultDocument[]) {
    this.#runs = documents.map((document) => ({
      between: topologyOf(document.plan) === 'namespaces',
      index: new RunIndex(document),
    }));
  }

  /** Its effect on a flow, as far as that is a matter of its sizes. */
  expect(flow: Flow): Expected {
    const size = sizeOf(flow);
    const between = !flow.sameNamespace;
    const { ratio, tcpSeconds, at, basis } =
      this.#measured(size, between) ?? estimated(size, between);
    const units =
      size.experiment === 'latency'
        ? Math.min(flow.messagesToServer, flow.messagesToClient)
        : flow.bytesToServer + flow.bytesToClient;
    return {
      ratio,
      savedMs: units * tcpSeconds * (1 - 1 / ratio) * 1000,
      at: words(at),
      basis,
    };
  }

  /** The nearest size of the latest run that has one near. */
  #measured(size: FlowSize, between: boolean): Speed | undefined {
    for (const run of this.#runs.toReversed()) {
      if (run.between !== between) continue;
      const found = nearest(run.index, size);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Sizes as a netperf run would have them: whole powers of two. */
export function sizeOf(flow: Flow): FlowSize {
  const power = (mean: number) => 2 ** Math.min(Math.max(Math.round(Math.log2(mean)), 0), 30);
  const { meanToServer, meanToClient, bytesToServer, bytesToClient } = flow;
  return flow.shape === 'one-way'
    ? {
        experiment: 'throughput',
        messageBytes: power(bytesToServer > bytesToClient ? meanToServer : meanToClient),
      }
    : {
        experiment: 'latency',
        requestBytes: power(meanToServer),
        responseBytes: power(meanToClient),
      };
}

const words = (size: FlowSize): string =>
  size.experiment === 'throughput'
    ? bytes(size.messageBytes)
    : `${bytes(size.requestBytes)} / ${bytes(size.responseBytes)}`;

/** Doublings that a measured size may be away, both sizes of a round trip together. */
const FARTHEST = 3;

const apart = (one: number, other: number): number => Math.abs(Math.log2(one / other));

function nearest(index: RunIndex, size: FlowSize): Speed | undefined {
  const { experiment } = size;
  const candidates = index
    .places(experiment)
    .map(({ x, request = 1 }) => ({
      x,
      request,
      distance:
        size.experiment === 'throughput'
          ? apart(x, size.messageBytes)
          : apart(x, size.responseBytes) + apart(request, size.requestBytes),
    }))
    .filter(({ distance }) => distance <= FARTHEST)
    .sort((a, b) => a.distance - b.distance);
  for (const { x, request } of candidates) {
    const own = experiment === 'latency' ? request : undefined;
    const cell = (arm: 'tcp' | 'bypass') => index.line({ experiment, request: own, arm })?.get(x);
    const [tcp, bypass] = [cell('tcp'), cell('bypass')];
    const value: Value = experiment === 'latency' ? rate : throughput;
    const found = tcp && bypass && compared(tcp, bypass, value);
    if (found === undefined) continue;
    const at: FlowSize =
      experiment === 'latency'
        ? { experiment, requestBytes: request, responseBytes: x }
        : { experiment, messageBytes: x };
    // Gbit/s of a stream.
    const tcpSeconds = experiment === 'latency' ? 1 / found.tcp : 8 / (found.tcp * 1e9);
    return { ratio: found.ratio, tcpSeconds, at, basis: 'measured' };
  }
  return undefined;
}

function compared(tcp: Cell, bypass: Cell, value: Value) {
  const point = bypass.ratio(value, tcp);
  const plain = tcp.point(value, undefined)?.median;
  if (point === undefined || plain === undefined || plain <= 0) return undefined;
  // A difference within TCP's own spread is no gain, and no loss.
  return { ratio: point.low <= 1 && point.high >= 1 ? 1 : point.median, tcp: plain };
}

/*
 * The guarded bypass against TCP with Linux 6.18 on x86-64 with two CPUs, rounded to what other
 * machines are likely to have of it: [bytes, times as fast].
 */
const ROUND_TRIPS = [
  [4 << 10, 1.25],
  [64 << 10, 1.5],
  [1 << 20, 2],
] as const;
/** Small ones stay on TCP, which joins them. */
const STREAMS = [
  [4 << 10, 1],
  [64 << 10, 1.5],
] as const;
/** Seconds of TCP there: a round trip, within a namespace and between two, and a byte. */
const ROUND_TRIP = { within: 20e-6, between: 40e-6, byte: 0.4e-9 };

/** For a host without results of its own. */
function estimated(size: FlowSize, between: boolean): Speed {
  if (size.experiment === 'throughput') {
    const ratio = interpolated(STREAMS, size.messageBytes);
    return { ratio, tcpSeconds: ROUND_TRIP.byte, at: size, basis: 'estimate' };
  }
  const both = size.requestBytes + size.responseBytes;
  return {
    ratio: interpolated(ROUND_TRIPS, both),
    tcpSeconds: ROUND_TRIP[between ? 'between' : 'within'] + both * ROUND_TRIP.byte,
    at: size,
    basis: 'estimate',
  };
}

/** Between the points by the logarithm of the size, and as at the nearest beyond them. */
function interpolated(points: readonly (readonly [number, number])[], size: number): number {
  const above = points.findIndex(([at]) => at >= size);
  const [low, high] = [points[above - 1], points[above]];
  if (high === undefined) return points.at(-1)?.[1] ?? 1;
  if (low === undefined) return high[1];
  const share = Math.log2(size / low[0]) / Math.log2(high[0] / low[0]);
  return low[1] + share * (high[1] - low[1]);
}
