import * as l10n from '@vscode/l10n';
import { amount } from '../../results/format.ts';
import type { Assessment } from '../assessment.ts';
import type { Flow, Side } from '../flows.ts';
import { cgroupName, processName } from './names.ts';
import type { Graph, GraphEdge, GraphNode } from './protocol.ts';

/** More would not be read: those with the least traffic are left out. */
const MOST_NODES = 40;
const NAMED_PROCESSES = 3;

const keyOf = ({ cgroup }: Side): string => cgroup ?? '';

interface Sum {
  readonly side: Side;
  bytes: number;
  readonly processes: Set<string>;
}

/** Cgroups as nodes, the busiest first, and what goes between them as edges. */
export function graphOf({ flows, verdict }: Assessment): Graph {
  const sums = new Map<string, Sum>();
  for (const flow of flows) {
    const ends = [flow.client, flow.server];
    const bytes = bytesOf(flow);
    for (const side of ends) {
      const sum = sums.get(keyOf(side)) ?? { side, bytes: 0, processes: new Set<string>() };
      sum.processes.add(processName(side.process));
      // Traffic within a cgroup counts once.
      if (side === flow.client || keyOf(side) !== keyOf(flow.client)) sum.bytes += bytes;
      sums.set(keyOf(side), sum);
    }
  }
  const all = Array.from(sums.values()).sort((a, b) => b.bytes - a.bytes);
  const shown = all.slice(0, MOST_NODES);
  const nodes = shown.map(({ side, bytes, processes }): GraphNode => ({
    name: cgroupName(side.cgroup, side.label),
    words: `${processesText(processes)} · ${l10n.t('{0}/s', amount(bytes))}`,
    isChosen: side.cgroup !== undefined && verdict.cover.includes(side.cgroup),
  }));
  const index = new Map(shown.map(({ side }, place) => [keyOf(side), place]));
  const edges = edgesOf(flows, index, nodes, new Set(worthOf(verdict.gains)));
  const [busiest] = edges;
  const left = all.length - shown.length;
  return {
    nodes,
    edges,
    words:
      busiest === undefined
        ? l10n.t('No traffic between cgroups.')
        : l10n.t(
            '{0} cgroups with {1} connections of cgroups between them. The most traffic: {2}. The table of pairs has all of it.',
            nodes.length,
            edges.length,
            busiest.words,
          ),
    note: left === 0 ? '' : l10n.t('{0} cgroups with less traffic are not drawn.', left),
  };
}

const worthOf = (gains: Assessment['verdict']['gains']): number[] =>
  gains.filter(({ isWorth }) => isWorth).map(({ flow }) => flow);

function edgesOf(
  flows: readonly Flow[],
  index: ReadonlyMap<string, number>,
  nodes: readonly GraphNode[],
  worth: ReadonlySet<number>,
): GraphEdge[] {
  const edges = new Map<string, { from: number; to: number; bytes: number; gains: boolean }>();
  for (const [place, flow] of flows.entries()) {
    const [from, to] = [index.get(keyOf(flow.client)), index.get(keyOf(flow.server))];
    if (from === undefined || to === undefined) continue;
    const key = `${from} ${to}`;
    const edge = edges.get(key) ?? { from, to, bytes: 0, gains: false };
    edge.bytes += bytesOf(flow);
    edge.gains ||= worth.has(place);
    edges.set(key, edge);
  }
  return Array.from(edges.values(), (edge) => ({
    ...edge,
    words: l10n.t(
      '{0} to {1}, {2}/s',
      nodes[edge.from]?.name ?? '',
      nodes[edge.to]?.name ?? '',
      amount(edge.bytes),
    ),
  })).sort((a, b) => b.bytes - a.bytes);
}

const bytesOf = ({ bytesToServer, bytesToClient }: Flow): number => bytesToServer + bytesToClient;

function processesText(processes: ReadonlySet<string>): string {
  const names = Array.from(processes);
  const shown = names.slice(0, NAMED_PROCESSES).join(', ');
  return names.length > NAMED_PROCESSES ? `${shown}, …` : shown;
}
