import * as l10n from '@vscode/l10n';
import { sufferers } from '../bypass/knownPrograms.ts';
import type { ResultDocument } from '../results/document.ts';
import { shownName } from '../text.ts';
import type { Objection, Reliance } from './assessment.ts';
import type { Flow, Side } from './flows.ts';
import { sizeOf } from './gain.ts';

/** The input of a verdict, beside the flows. */
export interface Evidence {
  /** Where the tree of cgroups is mounted. */
  readonly mount: string;
  /** How long the flows were looked at. */
  readonly seconds: number;
  readonly relies: readonly Reliance[];
  /** Ids of faults (bypass/faults.ts) seen on the host's kernel; undefined where it was not probed. */
  readonly faults: readonly string[] | undefined;
  /** Whether calls were traced. */
  readonly isTraced: boolean;
  /** Results of this host, the latest last. */
  readonly documents: readonly ResultDocument[];
}

/** Messages of a connection, both ways, from which on opening it costs less than a bypass saves. */
const FEW_MESSAGES = 8;
/** Bytes: TCP joins smaller ones of a stream, and is as fast. */
const SMALL = 4096;

/** Whether most connections are new, and carry little: the guarded programs leave such a service on TCP. */
function isShort(flow: Flow, seconds: number): boolean {
  if (flow.opened <= flow.connections / 2 || flow.closed === 0) return false;
  const messages = (flow.messagesToServer + flow.messagesToClient) * seconds;
  return messages / (flow.opened + flow.closed) < FEW_MESSAGES;
}

/** Reasons for a flow to stay on TCP. @param index of the flow. */
const keeping = (index: number, { relies }: Evidence): Reliance[] =>
  relies.filter(({ effect, flows }) => effect === 'stays' && flows.includes(index));

/** Whether the guarded programs would leave the whole of it on TCP. @param index of the flow. */
export const staysOnTcp = (flow: Flow, index: number, evidence: Evidence): boolean =>
  flow.kernelTls ||
  flow.mptcp ||
  isShort(flow, evidence.seconds) ||
  keeping(index, evidence).length > 0;

/** Objections to a bypass on a cgroup because of the programs in it. */
export function ofCgroup(
  cgroup: string,
  flows: readonly Flow[],
  { relies, faults, isTraced }: Evidence,
): Objection[] {
  const isIn = (own: string | undefined): boolean =>
    own !== undefined && (own === cgroup || own.startsWith(`${cgroup}/`));
  const names = new Set(
    flows
      .flatMap(({ server, client }) => [server, client])
      .flatMap((side) => (isIn(side.cgroup) && side.process !== undefined ? side.process : [])),
  );
  const programs = Array.from(names, (name) => ({ name, count: 1 }));
  return [
    ...relies
      .filter((one) => isIn(one.cgroup) && (one.effect === 'stalls' || one.effect === 'differs'))
      .map((one): Objection => ({
        kind: one.effect === 'stalls' ? 'stalls' : 'differs',
        words: l10n.t('{0}: {1}', shownName(one.process), one.consequence),
        isGrave: one.effect === 'stalls',
      })),
    // Where calls were traced, their effects were seen: possible ones deserve a word, no more.
    ...sufferers(programs, faults).map((words): Objection => ({
      kind: 'known-program',
      words: `${words}.`,
      isGrave: !isTraced && faults !== undefined,
    })),
  ];
}

/** Why a flow gains nothing, or cannot be reached. @param index of the flow. */
export function ofFlow(flow: Flow, index: number, evidence: Evidence): Objection[] {
  const between = l10n.t(
    '{0} to {1}, port {2}',
    name(flow.client),
    name(flow.server),
    flow.server.port,
  );
  const size = sizeOf(flow);
  const say = (kind: Objection['kind'], words: string): Objection[] => [
    { kind, words: l10n.t('{0}: {1}', between, words), isGrave: false },
  ];
  const ends = [flow.server, flow.client];
  return [
    ...(flow.kernelTls ? say('kernel-tls', l10n.t('TLS in the kernel, which stays on TCP.')) : []),
    ...(flow.mptcp ? say('mptcp', l10n.t('Multipath TCP, which stays on TCP.')) : []),
    ...(isShort(flow, evidence.seconds)
      ? say('short-connections', l10n.t('connections too short to gain: they stay on TCP.'))
      : []),
    ...(size.experiment === 'throughput' && size.messageBytes < SMALL && flow.shape !== 'idle'
      ? say('small-one-way', l10n.t('small messages one way, which TCP joins: no gain.'))
      : []),
    ...(ends.some(({ cgroup }) => cgroup === evidence.mount)
      ? say(
          'root-cgroup',
          l10n.t('an end in the root cgroup: give it a cgroup of its own, to bypass it.'),
        )
      : []),
    ...(ends.some(({ cgroup }) => cgroup === undefined)
      ? say('unknown-cgroup', l10n.t('the cgroup of an end is not known.'))
      : []),
    ...keeping(index, evidence).flatMap((one) =>
      say('stays', l10n.t('{0} uses {1}, and stays on TCP.', shownName(one.process), one.title)),
    ),
  ];
}

const name = ({ process }: Side): string =>
  process === undefined ? l10n.t('a process that is gone') : shownName(process);
