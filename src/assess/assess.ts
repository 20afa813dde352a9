import * as l10n from '@vscode/l10n';
import type { Host } from '../host/host.ts';
import type { ResultDocument } from '../results/document.ts';
import type { Assessment } from './assessment.ts';
import type { Flow } from './flows.ts';
import { readTraffic } from './traffic.ts';
import { verdictOn } from './verdict.ts';

export const SECONDS_RANGE = [1, 3600] as const;
export const DEFAULT_SECONDS = 15;

export type AssessStep = 'look' | 'judge';

export interface AssessOptions {
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
 * would pay. Takes `seconds` and some more. No service is touched, and nothing stays on the host.
 * @throws HostError of kind `not-found` where `ss` is missing.
 */
export async function assess(host: Host, options: AssessOptions = {}): Promise<Assessment> {
  const { seconds = DEFAULT_SECONDS, cgroup, documents = [], signal, onStep } = options;
  onStep?.('look');
  const { mount } = await host.ready('control', signal);
  const all = await readTraffic(host, { seconds, signal });
  const flows =
    cgroup === undefined ? all.flows : all.flows.filter((flow) => touches(flow, cgroup));
  onStep?.('judge');
  return {
    ...all,
    flows,
    relies: [],
    notLookedAt: [l10n.t('What programs ask of their sockets: it was not traced.')],
    verdict: verdictOn(flows, {
      ...{ mount, documents, seconds: all.seconds },
      ...{ relies: [], faults: undefined, isTraced: false },
    }),
  };
}

const touches = ({ server, client }: Flow, cgroup: string): boolean =>
  [server.cgroup, client.cgroup].some(
    (own) => own !== undefined && (own === cgroup || own.startsWith(`${cgroup}/`)),
  );
