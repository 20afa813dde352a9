import * as l10n from '@vscode/l10n';
import type { Workbench } from '../bypass/workbench.ts';
import { HostError, isCancelled } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { number } from '../results/format.ts';
import { groupBy } from '../results/samples.ts';
import { listed, oneLine, shownName } from '../text.ts';
import { USES, type Use } from './assessment.ts';
import type { Side } from './flows.ts';
import { processName } from './page/names.ts';
import { buildTracer, readTracer, type TracerSource } from './tracer.ts';

/** @param directory of the bundled BPF C. */
export const readObserver = (directory: string): Promise<TracerSource> =>
  readTracer(directory, 'observer.bpf.c', 'observe');

/** The uses of a socket by a process. */
export interface Seen {
  /** Inode of the socket, as `ss` and /proc know it. */
  readonly inode: number;
  readonly pid: number;
  readonly name: string;
  /** Whether it is in the cgroup that is asked about, or below it. */
  readonly isWithin: boolean;
  readonly sends: number;
  readonly sentBytes: number;
  readonly receives: number;
  readonly receivedBytes: number;
  /** Times of each. */
  readonly uses: ReadonlyMap<Use, number>;
}

export interface Observation {
  readonly seen: readonly Seen[];
  /** Sentences. */
  readonly notLookedAt: readonly string[];
  /** Calls on sockets that are not among `seen`, of processes that are not asked about. */
  readonly lostElsewhere: number;
  /** Whether what came and went was counted, for each socket. */
  readonly hasCounts: boolean;
}

/** Traces a host; made ready beforehand, so that it begins when it is asked to. */
export interface Observer extends AsyncDisposable {
  /**
   * That it fails is no reason to know nothing.
   * @param cgroup full path of the one that is asked about: others are seen, too, and marked.
   * @throws HostError where it is cancelled.
   */
  observe(seconds: number, cgroup?: string): Promise<Observation>;
}

/**
 * Builds the observer on a host. Nothing is traced yet, and nothing stays.
 * @throws HostError where it is cancelled.
 */
export async function makeObserver(
  host: Host,
  source: TracerSource,
  signal?: AbortSignal,
): Promise<Observer> {
  try {
    await host.becomeRoot(signal);
    const { bench, object } = await buildTracer(host, source, signal);
    return running(host, bench, object, signal);
  } catch (error) {
    if (isCancelled(error)) throw error;
    return {
      observe: () => Promise.resolve(unseen(error)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}

function running(
  host: Host,
  bench: Workbench,
  object: string,
  signal: AbortSignal | undefined,
): Observer {
  return {
    async observe(seconds, cgroup) {
      const asked = cgroup === undefined ? [] : [cgroup];
      const argv = scriptArgv('observe.sh', bench.directory, String(seconds), object, ...asked);
      const tried = l10n.t('trace what programs ask of their sockets');
      try {
        const timeoutMs = (seconds + 60) * 1000;
        const { exitCode, stdout, stderr } = await host.run(argv, {
          tried,
          root: true,
          signal,
          timeoutMs,
          maxMiB: 16,
        });
        if (exitCode === 0) return parseObserved(stdout);
        const next = l10n.t(
          'Check whether this kernel has its types (BTF) and lets root trace it.',
        );
        throw new HostError({ kind: 'command', tried, where: host.name, words: stderr, next });
      } catch (error) {
        if (isCancelled(error)) throw error;
        return unseen(error);
      }
    },
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}

/** That nothing was traced, and why. */
function unseen(error: unknown): Observation {
  const words = error instanceof HostError ? error.problem.words : String(error);
  const last = words.trim().split('\n').slice(-3).join(' ');
  const why = l10n.t(
    'What programs ask of their sockets: it could not be traced ({0}).',
    oneLine(last === '' ? l10n.t('no message') : last, 300),
  );
  return { seen: [], notLookedAt: [why], lostElsewhere: 0, hasCounts: false };
}

/** Names in a sentence: the rest has the fewest. */
const MOST_NAMES = 5;

/**
 * Whose connections are too short to be seen with both ends, as a sentence where some process that is asked about
 * has one a second or more: with a few nothing is missed.
 * @param known inodes of sockets that were there at a look.
 * @param seconds between the two looks.
 */
export function tooShort(
  seen: readonly Seen[],
  known: ReadonlySet<number>,
  seconds: number,
): string[] {
  const short = seen.filter(
    ({ inode, isWithin, sends, receives }) => isWithin && !known.has(inode) && sends + receives > 0,
  );
  const names = Array.from(
    groupBy(short, ({ name }) => name),
    ([name, { length }]) => ({ name, count: length }),
  )
    .filter(({ count }) => count >= seconds)
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MOST_NAMES)
    .map(({ name, count }) => `${shownName(name)} (${number(count)})`);
  if (names.length === 0) return [];
  return [
    l10n.t(
      'Connections that began and ended between the two looks, of {0}: who is at their other ends is not known.',
      names.join(', '),
    ),
  ];
}

/**
 * Who of those that are asked about may ask for more than is seen, as a sentence.
 * @param withRing processes that have a ring of io_uring.
 */
export function byRings(sides: readonly Side[], withRing: ReadonlySet<number>): string[] {
  const users = sides.filter(({ pids }) => pids.some((pid) => withRing.has(pid)));
  if (users.length === 0) return [];
  const names = Array.from(new Set(users.map(({ process }) => processName(process))));
  return [
    l10n.t(
      'What is asked for by io_uring, other than to send and to receive: it is no call that could be traced. These have a ring: {0}.',
      listed(names),
    ),
  ];
}

const RECORD =
  /^(\d{1,20}) (\d{1,10}) ([01]) (\d{1,20}) (\d{1,20}) (\d{1,20}) (\d{1,20}) (-|(?:[0-9a-f]{2}){1,16})((?: [a-z-]{1,16}=\d{1,20}){0,20})$/;

/** @param text output of observe.c; lines of another form are passed over. */
export function parseObserved(text: string): Observation {
  const lines = text.split('\n');
  const programs = new Set(lines.find((line) => line.startsWith('programs '))?.split(' '));
  const [, lost, lostElsewhere] = /^lost (\d{1,20}) (\d{1,20})$/m.exec(text) ?? [];
  const hasCounts = programs.has('observe_received');
  return {
    seen: lines.flatMap((line) => parseRecord(line) ?? []),
    hasCounts,
    lostElsewhere: Number(lostElsewhere ?? 0),
    notLookedAt: [
      ...(hasCounts
        ? []
        : [
            l10n.t(
              'What reads and writes without flags, and several threads in recv() on one socket: it takes Linux 6.3 or newer.',
            ),
          ]),
      ...(programs.has('observe_calls')
        ? []
        : [
            l10n.t(
              'splice(), sendfile(), FIONREAD and socket options as they are set: on this architecture calls are not traced.',
            ),
          ]),
      ...noRoom(Number(lost ?? 0)),
    ],
  };
}

/** @param lost calls on sockets that were not seen. */
export const noRoom = (lost: number): string[] =>
  lost === 0
    ? []
    : [
        l10n.t(
          'Some sockets: there are more than the observer has room for ({0} times).',
          number(lost),
        ),
      ];

function parseRecord(line: string): Seen | undefined {
  const [, inode, pid, within, ...rest] = RECORD.exec(line) ?? [];
  const [sends, sentBytes, receives, receivedBytes, name = '', uses = ''] = rest;
  if (inode === undefined) return undefined;
  const known = new Map<Use, number>();
  for (const [, each, count] of uses.matchAll(/ ([a-z-]+)=(\d+)/g)) {
    const use = USES.find((one) => one === each);
    if (use !== undefined) known.set(use, Number(count));
  }
  return {
    inode: Number(inode),
    pid: Number(pid),
    uses: known,
    name: name === '-' ? '' : Buffer.from(name, 'hex').toString(),
    isWithin: within === '1',
    sends: Number(sends),
    sentBytes: Number(sentBytes),
    receives: Number(receives),
    receivedBytes: Number(receivedBytes),
  };
}
