import type { Assessment, Verdict } from '../../../src/assess/assessment.ts';
import type { Flow, Side } from '../../../src/assess/flows.ts';

type Changes = Partial<Omit<Flow, 'client' | 'server'>> & {
  readonly client?: string;
  readonly server?: string;
};

export const side = (process: string, cgroup: string | undefined): Side => ({
  process,
  cgroup,
  pids: [1],
  cpu: 0.1,
  namespace: '1',
});

/** 20 round trips a second, unless it says otherwise; client and server by their cgroups. */
export const flow = ({ client = '/a', server = '/b', ...changes }: Changes = {}): Flow => ({
  client: side('client', client),
  server: { ...side('server', server), port: 80 },
  connections: 10,
  opened: 0,
  closed: 0,
  minimumAge: 15,
  family: 'IPv4',
  isTranslated: false,
  sameNamespace: true,
  kernelTls: false,
  mptcp: false,
  bytesToServer: 1000,
  bytesToClient: 1000,
  segmentsToServer: 20,
  segmentsToClient: 20,
  messagesToServer: 20,
  messagesToClient: 20,
  messagesFrom: 'segments',
  meanToServer: 50,
  meanToClient: 50,
  shape: 'request-response',
  ...changes,
});

const NOTHING: Verdict = {
  kind: 'nothing',
  words: 'Nothing here would gain.',
  basis: 'An estimate.',
  gains: [],
  cgroups: [],
  cover: [],
  reach: undefined,
  against: [],
  sizes: [],
};

export const assessmentOf = (
  flows: readonly Flow[],
  {
    verdict = {},
    ...changes
  }: Partial<Omit<Assessment, 'verdict'>> & {
    readonly verdict?: Partial<Verdict>;
  } = {},
): Assessment => ({
  host: 'web1',
  seconds: 15,
  sockets: 4,
  localSockets: 2,
  namespaces: 1,
  capped: false,
  flows,
  relies: [],
  notLookedAt: [],
  ...changes,
  verdict: { ...NOTHING, ...verdict },
});
