import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { parseCounters } from '../bypass/counters.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { hostScript, scriptArgv } from '../host/hostScript.ts';
import { guard } from '../host/guard.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import { conditionOf, programIn, type Cause } from './condition.ts';
import { sampleSchema, type NetperfPoint, type Sample } from '../results/document.ts';
import { netperfArgv, parseNetperf, parseUnixStream } from './netperf.ts';
import { pointLabel, type Slot } from '../results/plan.ts';
import type { Site } from './site.ts';
import { trialCause } from './trial.ts';
import { parseJson } from '../host/json.ts';

export interface Taking {
  readonly seconds: number;
  readonly order: number;
  /** Whether the connection was cut, so that the host has ended the netservers. */
  readonly lost: () => boolean;
  readonly signal?: AbortSignal | undefined;
}

const next = (): string => l10n.t('What was measured before is kept.');

/**
 * Runs netperf once.
 * @throws HostError whose headline says what has become of the site, if that is why.
 */
export async function takeSample(
  host: Host,
  site: Site,
  slot: Slot,
  { seconds, order, lost, signal }: Taking,
): Promise<Sample> {
  const { point, arm, timed } = slot;
  if (point.experiment === 'workload') throw new RangeError('netperf measures no workloads');
  const tried = l10n.t('measure {0}, {1}', arm, pointLabel(point));
  const boundary = newBoundary();
  const startedAt = new Date().toISOString();
  const { cgroup, user, server, netns, pins = '' } = site;
  const argv = [
    ...scriptArgv('bench-sample.sh', boundary, cgroup, user, server.pid, server.socket, pins),
    netns?.client ?? '',
    netns?.server ?? '',
    ...netperfArgv(point, arm, { ...site, seconds }),
  ];
  const sampling = async (overdue: AbortSignal): Promise<Sample> => {
    await using timing = timed ? await timePrograms(host, signal) : undefined;
    const { exitCode, stdout, stderr } = await host.run(argv, {
      tried,
      root: true,
      signal: AbortSignal.any([overdue, ...(signal ? [signal] : [])]),
      timeoutMs: (seconds + 30) * 1000,
    });
    if (timing?.lost() === true) {
      const words = l10n.t(
        'the connection was cut while the run time of the programs was measured',
      );
      throw new HostError({
        kind: 'connection-lost',
        tried,
        where: host.name,
        words,
        next: next(),
      });
    }
    const failed = (headline: string): HostError => {
      const words = [headline, ...netperfWords(stdout, boundary, stderr)].join('\n');
      return new HostError({
        kind: 'command',
        tried,
        where: host.name,
        words,
        headline,
        next: next(),
      });
    };
    if (exitCode !== 0) throw failed(exitWords(exitCode));
    try {
      return parseSample(stdout, boundary, site, { ...slot, point }, { order, startedAt });
    } catch (error) {
      throw failed((error as Error).message);
    }
  };
  const whyNot = async () =>
    (await conditionOf(host, site, signal)) ?? (await trialCause(host, site, signal));
  const watch = watchFor(whyNot, (seconds + OVERDUE_SECONDS) * 1000);
  try {
    return await sampling(watch.signal);
  } catch (error) {
    if (!(error instanceof HostError) || signal?.aborted === true) throw error;
    const { problem } = error;
    // The next command connects anew, but finds its cgroup gone.
    if (problem.kind === 'command' && lost()) {
      throw new HostError({ ...problem, kind: 'connection-lost' }, { cause: error });
    }
    const cause = watch.cause() ?? (problem.kind === 'command' ? await whyNot() : undefined);
    const late = l10n.t('netperf did not finish within {0} s', seconds + 30);
    const headline =
      cause?.words ?? problem.headline ?? (problem.kind === 'timeout' ? late : undefined);
    if (headline === undefined) throw error;
    const said = watch.cause() ? [] : problem.words.split('\n').filter((each) => each !== headline);
    throw new HostError(
      {
        kind: 'command',
        tried,
        where: host.name,
        headline,
        words: [headline, ...said].join('\n'),
        next: cause ? `${next()} ${cause.next}` : next(),
      },
      { cause: error },
    );
  } finally {
    watch.stop();
  }
}

/** netperf and its handshake end well within. */
const OVERDUE_SECONDS = 8;

/** Looks for a cause once a sample is overdue; one that is found ends the sample by the signal. */
function watchFor(whyNot: () => Promise<Cause | undefined>, afterMs: number) {
  const controller = new AbortController();
  const found: { cause?: Cause } = {};
  const look = async (): Promise<void> => {
    const cause = await whyNot();
    if (cause === undefined) return;
    found.cause = cause;
    controller.abort();
  };
  // A host that does not even say so much is left to the sample's own end.
  const timer = setTimeout(() => void look().catch(() => undefined), afterMs);
  return {
    signal: controller.signal,
    cause: () => found.cause,
    stop: () => {
      clearTimeout(timer);
    },
  };
}

/** Exit codes above it are the numbers of signals (sh(1)). */
const SIGNALLED = 128;

/** Exit status of bench-sample.sh where there is no netserver of ours that could answer. */
const NO_SERVER = 90;

function exitWords(exitCode: number): string {
  if (exitCode === NO_SERVER) return l10n.t('netserver does not answer any more');
  // Its own failures end with -1.
  return exitCode > SIGNALLED && exitCode <= SIGNALLED + 64
    ? l10n.t('netperf was ended by signal {0}', exitCode - SIGNALLED)
    : l10n.t('netperf failed, with exit code {0}', exitCode);
}

/** Output of netperf and the shell for a person, without the lines between sections. */
function netperfWords(stdout: string, boundary: string, stderr: string): string[] {
  const said = parseSections(stdout, boundary).find(({ name }) => name === 'netperf')?.text ?? '';
  return [said, stderr.trim()].filter((text) => text !== '');
}

/** As long as it is held the kernel measures BPF programs; then the switch is as it was. */
export function timePrograms(host: Host, signal?: AbortSignal) {
  return guard(
    host,
    { setup: hostScript('bench-timing.sh') },
    { tried: l10n.t('switch on the statistics of BPF programs'), root: true, signal },
  );
}

/** The fields that the tool of each kind of sample reports. */
type Figures<S = Sample> = S extends Sample
  ? Omit<S, 'arm' | 'repetition' | 'order' | 'startedAt' | 'noise' | 'loopbackBytes' | 'bpf'>
  : never;

/**
 * @param text output of bench-sample.sh.
 * @throws Error naming the figure that is missing.
 */
export const parseSample = (
  text: string,
  boundary: string,
  site: Pick<Site, 'program'>,
  { point, ...slot }: Slot & { readonly point: NetperfPoint },
  taken: { order: number; startedAt: string },
): Sample =>
  countedSample(text, boundary, site, slot, taken, (read) =>
    slot.arm === 'unix' && point.experiment === 'throughput'
      ? parseUnixStream(read('netperf'), point)
      : parseNetperf(read('netperf'), point),
  );

/**
 * A sample with what was counted around it.
 * @param text output of a script that has the sections of `count_host` and `count_programs` (functions.sh).
 * @param figuresOf reads what the tool says, from the sections by their names.
 * @throws Error naming the figure that is missing.
 */
export function countedSample(
  text: string,
  boundary: string,
  { program }: Pick<Site, 'program'>,
  { arm, repetition, timed }: Pick<Slot, 'arm' | 'repetition' | 'timed'>,
  taken: { order: number; startedAt: string },
  figuresOf: (read: (name: string) => string) => Figures,
): Sample {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const read = (name: string): string => sections.get(name) ?? '';
  const between = (figure: (when: 'before' | 'after') => number): number =>
    Math.max(0, figure('after') - figure('before'));
  const sent = between((when) => sentBytes(read(`sent ${when}`)));
  const bypassed = sections.has('counters after');
  for (const when of ['before', 'after'] as const) {
    if (program !== undefined && programIn(read(`redirect ${when}`)) !== program) {
      throw new Error(l10n.t('the bypass is not the one that was loaded when the run began'));
    }
    if (timed && Number(read(`switch ${when}`)) === 0) {
      throw new Error(
        l10n.t('somebody switched the statistics of BPF programs off (kernel.bpf_stats_enabled)'),
      );
    }
  }
  const figures = figuresOf(read);
  const counters = countersBetween(read('counters before'), read('counters after'));
  // Nothing of ours runs yet.
  const others = countersBetween(read('counters idle'), read('counters before'));
  const otherMessages = others['redirected_messages'] ?? 0;
  return asDocumented({
    ...figures,
    arm,
    repetition,
    ...taken,
    noise: {
      stealPercent: stealPercent(read('cpu before'), read('cpu after')),
      load1: Number(read('load').split(' ')[0] ?? NaN),
    },
    // Unknown where there is no such device, or no line about it.
    ...(Number.isInteger(sent) && { loopbackBytes: sent }),
    ...(bypassed && {
      bpf: {
        ...(timed && {
          runs: between((when) => runTime(read, when).runs),
          nanoseconds: between((when) => runTime(read, when).nanoseconds),
        }),
        redirectedBytes: counters['redirected_bytes'] ?? 0,
        redirectedMessages: counters['redirected_messages'] ?? 0,
        ...(otherMessages > 0 && { otherMessages }),
        counters,
      },
    }),
  });
}

/** A sample that would make its document unreadable is refused: it would take all others with it. */
function asDocumented(sample: Sample): Sample {
  const read = sampleSchema.safeParse(sample);
  if (read.success) return read.data;
  const [fault] = read.error.issues;
  throw new Error(`the host gave no ${fault?.path.join(' ') ?? 'sample'}: ${fault?.message ?? ''}`);
}

/** From lines of /proc/net/dev (proc(5)): eight columns of what was received, then what was sent. */
const sentBytes = (lines: string): number =>
  lines
    .split('\n')
    .map((line) => Number((line.split(':')[1] ?? '').trim().split(/\s+/)[8] ?? NaN))
    .reduce((sum, bytes) => sum + bytes, 0);

/** Counts in between: the programs count from when they were loaded. */
function countersBetween(before: string, after: string): Record<string, number> {
  const earlier = new Map(Object.entries(parseCounters(before)));
  return Object.fromEntries(
    Object.entries(parseCounters(after)).flatMap(([name, count]) => {
      const counted = count - (earlier.get(name) ?? 0);
      return counted > 0 ? [[name, counted] as const] : [];
    }),
  );
}

/** bpftool leaves both figures out while they are 0. */
const programTime = z.object({
  run_time_ns: z.number().default(0),
  run_cnt: z.number().default(0),
});

/** Run time of both programs since they were loaded, while the kernel's switch was on. */
function runTime(
  read: (name: string) => string,
  when: 'before' | 'after',
): { runs: number; nanoseconds: number } {
  const times = ['redirect', 'sockops'].map((program) => {
    const text = read(`${program} ${when}`);
    if (text === '') throw new Error(`bpftool gave nothing about the ${program} program`);
    return programTime.parse(parseJson(text));
  });
  return {
    runs: times.reduce((sum, { run_cnt }) => sum + run_cnt, 0),
    nanoseconds: times.reduce((sum, { run_time_ns }) => sum + run_time_ns, 0),
  };
}

/**
 * CPU time that the hypervisor gave to others, as a part of all, from two first lines of
 * /proc/stat (proc(5)): user nice system idle iowait irq softirq steal, in clock ticks.
 */
function stealPercent(before: string, after: string): number {
  const ticks = (line: string) => line.trim().split(/\s+/).slice(1, 9).map(Number);
  const earlier = ticks(before);
  const passed = ticks(after).map((value, index) => value - (earlier[index] ?? 0));
  const all = passed.reduce((sum, value) => sum + value, 0);
  return all > 0 ? Math.max(0, (100 * (passed[7] ?? 0)) / all) : 0;
}
