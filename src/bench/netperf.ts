import * as l10n from '@vscode/l10n';
import type {
  Arm,
  ConnectionsSample,
  LatencySample,
  NetperfPoint,
  ThroughputSample,
} from '../results/document.ts';

export interface NetperfTarget {
  readonly address: string;
  readonly port: number;
  /** Passphrase of netserver; undefined where it expects none. */
  readonly passphrase: string | undefined;
  readonly seconds: number;
}

const reach = ({ address, port, passphrase }: Omit<NetperfTarget, 'seconds'>): string[] => [
  'netperf',
  '-H',
  address,
  '-p',
  String(port),
  ...(passphrase === undefined ? [] : ['-Z', passphrase]),
];

/** One transaction, by a connection for control and one for data. */
export const trialArgv = (target: Omit<NetperfTarget, 'seconds'>): string[] => [
  ...reach(target),
  '-t',
  'TCP_RR',
  '-l',
  '-1',
  '-P',
  '0',
];

/** A stream over Unix sockets, which netperf without them refuses. */
export const unixTrialArgv = (target: Omit<NetperfTarget, 'seconds'>): string[] => [
  ...reach(target),
  '-t',
  'STREAM_STREAM',
  '-l',
  '1',
];

/** Keys asked of netperf's omni output (`-k`), so that no column is ever counted. */
const COMMON = ['ELAPSED_TIME', 'LOCAL_CPU_UTIL', 'REMOTE_CPU_UTIL', 'LOCAL_SD', 'REMOTE_SD'];
const TRIP_KEYS = [
  ...COMMON,
  'SD_UNITS',
  'TRANSACTION_RATE',
  'MEAN_LATENCY',
  'STDDEV_LATENCY',
  'P50_LATENCY',
  'P90_LATENCY',
  'P99_LATENCY',
];
const KEYS = {
  throughput: [...COMMON, 'SD_UNITS', 'REMOTE_RECV_THROUGHPUT'],
  latency: TRIP_KEYS,
  connections: TRIP_KEYS,
} as const;
/** netperf's names: round trips over one connection, or each over one of its own. */
const TESTS = { throughput: 'TCP_STREAM', latency: 'TCP_RR', connections: 'TCP_CRR' } as const;

/** Units of throughput (`-f`) decide those of service demand: 1000 bit/s, or transactions/s. */
const UNITS = { throughput: 'k', latency: 'x', connections: 'x' } as const;
const DEMAND_UNITS = {
  throughput: 'usec/KB',
  latency: 'usec/Tran',
  connections: 'usec/Tran',
} as const;

/** The command line of one sample. */
export function netperfArgv(point: NetperfPoint, arm: Arm, target: NetperfTarget): string[] {
  const { seconds } = target;
  if (arm === 'unix') return unixArgv(point, target);
  const test = TESTS[point.experiment];
  const size =
    point.experiment === 'throughput'
      ? ['-m', String(point.messageBytes)]
      : ['-r', `${point.requestBytes},${point.responseBytes}`];
  return [
    ...reach(target),
    '-t',
    test,
    '-l',
    String(seconds),
    // -c -C: both sides' CPU use; -P 0: no banner.
    '-f',
    UNITS[point.experiment],
    '-c',
    '-C',
    '-P',
    '0',
    '--',
    ...size,
    ...(arm === 'tcp-nodelay' ? ['-D'] : []),
    '-k',
    KEYS[point.experiment].join(','),
  ];
}

/**
 * Unix sockets are a test of their own, older than the omni output, and without percentiles: only
 * streams can be measured (`planFault`).
 */
function unixArgv(point: NetperfPoint, { seconds, ...target }: NetperfTarget): string[] {
  if (point.experiment !== 'throughput') throw new RangeError('no round trips over Unix sockets');
  return [
    ...reach(target),
    '-t',
    'STREAM_STREAM',
    '-l',
    String(seconds),
    '-f',
    UNITS.throughput,
    '-c',
    '-C',
    '-P',
    '0',
    '--',
    '-m',
    String(point.messageBytes),
  ];
}

/** The part of a sample that netperf itself measures. */
export type NetperfFigures =
  | Pick<
      ThroughputSample,
      | 'experiment'
      | 'messageBytes'
      | 'throughputBitsPerSecond'
      | 'seconds'
      | 'cpu'
      | 'serviceDemand'
    >
  | Pick<
      LatencySample | ConnectionsSample,
      | 'experiment'
      | 'requestBytes'
      | 'responseBytes'
      | 'transactionsPerSecond'
      | 'latencyUs'
      | 'seconds'
      | 'cpu'
      | 'serviceDemand'
    >;

const UNIX_COLUMNS =
  'receive buffer, send buffer, message, seconds, 1000 bit/s, CPU of client and server in percent, their service demand in µs per KB';

/**
 * Reads the one line of STREAM_STREAM, whose columns have no names. Its throughput is the sender's
 * count; a Unix socket holds back its sender after some 200 KB, which is as good as the receiver's.
 * @throws Error where the line is not there, or of another message size.
 */
export function parseUnixStream(
  text: string,
  { messageBytes }: Extract<NetperfPoint, { experiment: 'throughput' }>,
): NetperfFigures {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const columns = lines.find((line) => line.length === 9 && line.every(Number.isFinite));
  if (columns?.[2] !== messageBytes || columns.slice(3).some((value) => value < 0)) {
    throw new Error(`netperf gave no line of ${UNIX_COLUMNS}, for ${messageBytes} B`);
  }
  const [, , , seconds = 0, rate = 0, client = 0, server = 0, ...demands] = columns;
  if (seconds === 0) throw new Error(l10n.t('netperf measured for no time at all'));
  const [own = 0, other = 0] = demands;
  return {
    experiment: 'throughput',
    messageBytes,
    throughputBitsPerSecond: rate * 1000,
    seconds,
    cpu: { client, server },
    serviceDemand: { client: own, server: other },
  };
}

/**
 * Reads netperf's `-k` output: lines KEY=VALUE.
 * @throws Error naming the first figure that is missing or no number.
 */
export function parseNetperf(text: string, point: NetperfPoint): NetperfFigures {
  const figures = new Map(
    Array.from(text.matchAll(/^([A-Z0-9_]+)=(.*)$/gm), (match) => [match[1], match[2]]),
  );
  const figure = (key: string): number => {
    const word = figures.get(key)?.trim() ?? '';
    const value = Number(word);
    if (word === '' || !Number.isFinite(value) || value < 0) {
      throw new Error(`netperf gave no ${key}${word === '' ? '' : ` but "${word}"`}`);
    }
    return value;
  };
  const seconds = figure('ELAPSED_TIME');
  if (seconds === 0) throw new Error(l10n.t('netperf measured for no time at all'));
  const cpu = { client: figure('LOCAL_CPU_UTIL'), server: figure('REMOTE_CPU_UTIL') };
  const units = figures.get('SD_UNITS')?.trim();
  if (units !== DEMAND_UNITS[point.experiment]) {
    throw new Error(`netperf gave the service demand in "${units ?? ''}"`);
  }
  const serviceDemand = { client: figure('LOCAL_SD'), server: figure('REMOTE_SD') };
  if (point.experiment === 'throughput') {
    return {
      experiment: 'throughput',
      messageBytes: point.messageBytes,
      throughputBitsPerSecond: figure('REMOTE_RECV_THROUGHPUT') * 1000,
      seconds,
      cpu,
      serviceDemand,
    };
  }
  return {
    experiment: point.experiment,
    requestBytes: point.requestBytes,
    responseBytes: point.responseBytes,
    transactionsPerSecond: figure('TRANSACTION_RATE'),
    latencyUs: {
      mean: figure('MEAN_LATENCY'),
      stddev: figure('STDDEV_LATENCY'),
      p50: figure('P50_LATENCY'),
      p90: figure('P90_LATENCY'),
      p99: figure('P99_LATENCY'),
    },
    seconds,
    cpu,
    serviceDemand,
  };
}
