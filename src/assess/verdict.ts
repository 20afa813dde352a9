import * as l10n from '@vscode/l10n';
import { groupBy } from '../results/samples.ts';
import { sizeKey, type Size } from '../results/sizes.ts';
import type { Basis, CgroupGain, FlowGain, Objection, Verdict } from './assessment.ts';
import { covering } from './cover.ts';
import { Speeds, sizeOf } from './gain.ts';
import type { Flow, Side } from './flows.ts';
import { ofCgroup, ofFlow, staysOnTcp, type Evidence } from './objections.ts';

/** A flow that gains less than these gains nothing that anybody would see. */
const LEAST_RATIO = 1.05;
const LEAST_SAVED_MS = 1;
/** Sizes to benchmark with. */
const MOST_SIZES = 5;

/**
 * Where a bypass would pay.
 * @param flows with full paths of cgroups.
 */
export function verdictOn(flows: readonly Flow[], evidence: Evidence): Verdict {
  const speeds = new Speeds(evidence.documents);
  const gains = flows
    .flatMap((flow, index) => {
      if (flow.shape === 'idle') return [];
      const expected = speeds.expect(flow);
      const stays = staysOnTcp(flow, index, evidence);
      const { ratio, savedMs } = stays ? { ratio: 1, savedMs: 0 } : expected;
      const canReach = [flow.server, flow.client].every((side) => isReachable(side, evidence));
      const isWorth = canReach && ratio >= LEAST_RATIO && savedMs >= LEAST_SAVED_MS;
      return [{ ...expected, flow: index, ratio, savedMs, isWorth }];
    })
    .sort((a, b) => b.savedMs - a.savedMs);
  const cgroups = rank(flows, gains, evidence);
  const grave = new Set(
    cgroups.filter(({ against }) => against.some(({ isGrave }) => isGrave)).map((c) => c.cgroup),
  );
  const worth = gains.filter(({ isWorth }) => isWorth);
  const ends = ({ flow }: FlowGain) => cgroupsOf(flows[flow]);
  const clean = worth.filter((gain) => !ends(gain).some((one) => grave.has(one)));
  const taken = clean.length > 0 ? clean : worth;
  const wanted = new Set(taken.flatMap(ends));
  const others = new Set(flows.flatMap(cgroupsOf).filter((one) => !wanted.has(one)));
  const cover = covering(evidence.mount, Array.from(wanted), Array.from(others));
  const kind = worth.length === 0 ? 'nothing' : clean.length > 0 ? 'gains' : 'doubtful';
  return {
    kind,
    gains,
    cgroups,
    cover,
    words: answer(kind, { flows, taken, cover, all: worth.length }),
    basis: basisWords(worth.length === 0 ? gains : worth),
    reach: reachOf(taken.flatMap(({ flow }) => flows[flow] ?? [])),
    against: against(flows, taken, cgroups, evidence),
    sizes: sizesSeen(taken.flatMap(({ flow }) => flows[flow] ?? [])),
  };
}

const isReachable = ({ cgroup }: Side, { mount }: Evidence): boolean =>
  cgroup !== undefined && cgroup !== mount;

const cgroupsOf = (flow: Flow | undefined): string[] =>
  [flow?.server.cgroup, flow?.client.cgroup].filter((one) => one !== undefined);

function reachOf(flows: readonly Flow[]): Verdict['reach'] {
  if (flows.length === 0) return undefined;
  return flows.every(({ sameNamespace }) => sameNamespace) ? 'namespace' : 'host';
}

function rank(
  flows: readonly Flow[],
  gains: readonly FlowGain[],
  evidence: Evidence,
): CgroupGain[] {
  const worth = gains.filter(({ isWorth }) => isWorth);
  const pairs = worth.flatMap((gain) =>
    Array.from(new Set(cgroupsOf(flows[gain.flow])), (cgroup) => ({ cgroup, gain })),
  );
  return Array.from(
    groupBy(pairs, ({ cgroup }) => cgroup),
    ([cgroup, own]): CgroupGain => {
      const mine = own.map(({ gain }) => gain);
      const saved = mine.reduce((sum, { savedMs }) => sum + savedMs, 0);
      const bases = new Set<Basis>(mine.map(({ basis }) => basis));
      const [basis = 'estimate'] = bases;
      const side = flows
        .flatMap(({ server, client }) => [server, client])
        .find((one) => one.cgroup === cgroup);
      return {
        cgroup,
        ...(side?.label !== undefined && { label: side.label }),
        savedMs: saved,
        ratio: mine.reduce((sum, { ratio, savedMs }) => sum + (ratio * savedMs) / saved, 0),
        basis: bases.size > 1 ? 'both' : basis,
        flows: mine.map(({ flow }) => flow),
        against: ofCgroup(cgroup, flows, evidence),
      };
    },
  ).sort((a, b) => b.savedMs - a.savedMs);
}

/** The objections to what is to be loaded; and for all other traffic why it is not, each reason once. */
function against(
  flows: readonly Flow[],
  taken: readonly FlowGain[],
  cgroups: readonly CgroupGain[],
  evidence: Evidence,
): Objection[] {
  const wanted = new Set(taken.flatMap(({ flow }) => cgroupsOf(flows[flow])));
  const all = [
    ...cgroups.filter(({ cgroup }) => wanted.has(cgroup)).flatMap((one) => one.against),
    ...flows.flatMap((flow, index) => ofFlow(flow, index, evidence)),
  ];
  const unique = new Map(all.map((one) => [one.words, one]));
  return Array.from(unique.values()).sort((a, b) => Number(b.isGrave) - Number(a.isGrave));
}

function answer(
  kind: Verdict['kind'],
  {
    flows,
    taken,
    cover,
    all,
  }: {
    flows: readonly Flow[];
    taken: readonly FlowGain[];
    cover: readonly string[];
    all: number;
  },
): string {
  if (flows.length === 0)
    return l10n.t('Nothing here would gain: no connection has both of its ends on this host.');
  if (kind === 'nothing') return l10n.t('Nothing here would gain from a bypass.');
  const [best] = taken;
  const parts = [
    cover.length === 1
      ? l10n.t(
          'A bypass on 1 cgroup would gain: up to {0} times as fast.',
          best?.ratio.toFixed(2) ?? '',
        )
      : l10n.t(
          'A bypass on {0} cgroups would gain: up to {1} times as fast.',
          cover.length,
          best?.ratio.toFixed(2) ?? '',
        ),
  ];
  if (kind === 'doubtful')
    parts.push(l10n.t('But it may stall programs there: see what speaks against it first.'));
  else if (taken.length < all)
    parts.push(l10n.t('Others would gain, too, but something serious speaks against those.'));
  return parts.join(' ');
}

function basisWords(gains: readonly FlowGain[]): string {
  if (gains.length === 0) return '';
  const measured = gains.filter(({ basis }) => basis === 'measured').length;
  const estimate = l10n.t(
    'a rough estimate, based on measurements of another machine (Linux 6.18, x86-64, two CPUs): a benchmark shows what it is on this host',
  );
  if (measured === 0) return l10n.t('The gain is {0}.', estimate);
  const own = l10n.t('from results of this host');
  return measured === gains.length
    ? l10n.t('The gain is {0}.', own)
    : l10n.t('The gain is {0} for some sizes, and {1} for the others.', own, estimate);
}

function sizesSeen(flows: readonly Flow[]): Size[] {
  const seen = flows.map((flow) => ({
    size: sizeOf(flow),
    messages: flow.messagesToServer + flow.messagesToClient,
  }));
  return Array.from(groupBy(seen, ({ size }) => sizeKey(size)).values(), (group) => ({
    size: group[0]?.size,
    messages: group.reduce((sum, { messages }) => sum + messages, 0),
  }))
    .sort((a, b) => b.messages - a.messages)
    .flatMap(({ size }) => size ?? [])
    .slice(0, MOST_SIZES);
}
