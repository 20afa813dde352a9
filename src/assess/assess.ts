import * as l10n from '@vscode/l10n';
import type { BpfSource } from '../bypass/build.ts';
import { FAULT_PROBES, socketFaults } from '../bypass/faults.ts';
import { sufferers } from '../bypass/knownPrograms.ts';
import { checkSemantics, type SemanticRow } from '../bypass/semantics.ts';
import { readProbe, readSource } from '../bypass/source.ts';
import { allSettledOrThrow } from '../host/allSettledOrThrow.ts';
import { HostError, isCancelled } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { ResultDocument } from '../results/document.ts';
import { oneLine } from '../text.ts';
import type { Assessment } from './assessment.ts';
import { withMessages, type Flow, type FlowOfSockets, type Sent, type Side } from './flows.ts';
import {
  byRings,
  makeObserver,
  noRoom,
  readObserver,
  tooShort,
  type Observation,
  type Seen,
} from './observe.ts';
import type { TracerSource } from './tracer.ts';
import { probesFor, reliances, usesOf, type LocalEnd } from './relies.ts';
import { readTraffic } from './traffic.ts';
import { verdictOn } from './verdict.ts';

export const SECONDS_RANGE = [1, 3600] as const;
export const DEFAULT_SECONDS = 15;

/** `build` the observer, `look`, `probe` what this kernel does to what was seen, `verdict`. */
export type AssessStep = 'build' | 'look' | 'probe' | 'verdict';

/** The scripts and programs that an assessment runs on the host. */
export interface AssessSources {
  readonly observer: TracerSource;
  /** The guarded programs, and `bpf/tools/semantics.c`. */
  readonly bypass: BpfSource;
  readonly probe: Uint8Array;
}

/** @param directory of the bundled BPF C. */
export async function readAssessSources(directory: string): Promise<AssessSources> {
  const [observer, bypass, probe] = await Promise.all([
    readObserver(directory),
    readSource(directory, 'guarded'),
    readProbe(directory),
  ]);
  return { observer, bypass, probe };
}

export interface AssessOptions {
  /** Without them nothing is traced nor probed: the answer says so. */
  readonly sources?: AssessSources | undefined;
  readonly seconds?: number;
  /** Full path: only flows with an end in it or below. */
  readonly cgroup?: string | undefined;
  /** Results of this host, the latest last: what a bypass gains there. */
  readonly documents?: readonly ResultDocument[];
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (step: AssessStep) => void;
}

/**
 * Finds out which programs of a host talk to each other over TCP, what they rely on, and where a bypass
 * would pay. Takes `seconds` and some more. Programs for the kernel trace it as long; no service is touched,
 * and nothing stays on the host.
 * @throws HostError of kind `not-found` where `ss` is missing.
 */
export async function assess(host: Host, options: AssessOptions = {}): Promise<Assessment> {
  const { sources, seconds = DEFAULT_SECONDS, cgroup, documents = [], signal, onStep } = options;
  const { mount } = await host.ready('control', signal);
  onStep?.('build');
  await using observer = sources && (await makeObserver(host, sources.observer, signal));
  onStep?.('look');
  const [all, observation] = await allSettledOrThrow([
    readTraffic(host, { seconds, signal }),
    observer?.observe(seconds, cgroup) ?? notTraced(),
  ]);
  const sent = sentOf(observation.seen);
  const { flows: found, inodes, withRing, ...traffic } = all;
  const isOf = (side: Side): boolean => cgroup === undefined || isBelow(side, cgroup);
  const own = found.filter(({ flow }) => isOf(flow.server) || isOf(flow.client));
  const reachesOut = own.some(({ flow }) => !isOf(flow.server) || !isOf(flow.client));
  const flows = own.map((one) => withMessages(one, sent, seconds));
  const ends = endsOf(own);
  const uses = usesOf(observation.seen, (inode) => ends.has(inode));
  const sides = flows.flatMap(({ server, client }) => [server, client]);
  const mayProbe = uses.size > 0 || sufferers(programsOf(flows), undefined).length > 0;
  if (sources !== undefined && mayProbe) onStep?.('probe');
  const probed =
    sources === undefined || !mayProbe
      ? NOT_PROBED
      : await probeSemantics(host, sources, probesFor(uses), signal);
  onStep?.('verdict');
  const relies = reliances(observation.seen, ends, probed.rows);
  return {
    ...traffic,
    flows,
    relies,
    notLookedAt: [
      ...observation.notLookedAt,
      ...noRoom(reachesOut ? observation.lostElsewhere : 0),
      ...tooShort(observation.seen, inodes, all.seconds),
      ...byRings(sides, withRing),
      ...probed.notLookedAt,
    ],
    verdict: verdictOn(flows, {
      mount,
      documents,
      relies,
      seconds: all.seconds,
      isTraced: observation.hasCounts,
      faults: probed.faults,
    }),
  };
}

const notTraced = (): Promise<Observation> =>
  Promise.resolve({
    seen: [],
    lostElsewhere: 0,
    hasCounts: false,
    notLookedAt: [l10n.t('What programs ask of their sockets: it was not traced.')],
  });

interface ProbedSemantics {
  readonly rows: readonly SemanticRow[];
  /** Ids; undefined where they are not known. */
  readonly faults: readonly string[] | undefined;
  readonly notLookedAt: readonly string[];
}
const NOT_PROBED: ProbedSemantics = { rows: [], faults: undefined, notLookedAt: [] };

/** That the probe cannot run is no reason to say nothing. */
async function probeSemantics(
  host: Host,
  { bypass, probe }: AssessSources,
  probes: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ProbedSemantics> {
  const only = Array.from(new Set([...FAULT_PROBES, ...probes]));
  try {
    const rows = await checkSemantics(host, { source: bypass, probe, only, signal });
    return { rows, faults: socketFaults(rows).faults, notLookedAt: [] };
  } catch (error) {
    if (isCancelled(error)) throw error;
    const words = error instanceof HostError ? error.problem.words : String(error);
    return {
      ...NOT_PROBED,
      notLookedAt: [
        l10n.t(
          'What this kernel does to those that rely on something: it could not be probed ({0}).',
          oneLine(words, 300),
        ),
      ],
    };
  }
}

/** Sums for a socket that several processes share. */
function sentOf(seen: readonly Seen[]): Map<number, Sent> {
  const sums = new Map<number, Sent>();
  for (const { inode, sends, sentBytes } of seen) {
    const before = sums.get(inode) ?? { sends: 0, bytes: 0 };
    sums.set(inode, { sends: before.sends + sends, bytes: before.bytes + sentBytes });
  }
  return sums;
}

const endsOf = (found: readonly FlowOfSockets[]): Map<number, LocalEnd> =>
  new Map(
    found.flatMap((one, flow) =>
      (['server', 'client'] as const).flatMap((end) =>
        one[end].map((inode) => [inode, { side: one.flow[end], flow }] as const),
      ),
    ),
  );

const programsOf = (flows: readonly Flow[]) =>
  flows
    .flatMap(({ server, client }) => [server.process, client.process])
    .flatMap((name) => (name === undefined ? [] : [{ name, count: 1 }]));

const isBelow = ({ cgroup: own }: Side, cgroup: string): boolean =>
  own !== undefined && (own === cgroup || own.startsWith(`${cgroup}/`));
