import * as z from 'zod';
import { parseCounters } from '../bypass/status.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { guard } from '../host/scratch.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import type { Sample } from './document.ts';
import { netperfArgv, parseNetperf, parseUnixStream } from './netperf.ts';
import { pointLabel, type Slot } from './plan.ts';
import { SAMPLE, TIMING_SETUP, TIMING_UNDO } from './scripts.ts';

/** Where an arm is measured. */
export interface Site {
  readonly cgroup: string;
  /** Of its netserver, on 127.0.0.1. */
  readonly port: number;
  /** Directory of the programs that serve it; undefined outside of every bypass. */
  readonly pins?: string;
}

interface Taking {
  readonly seconds: number;
  readonly order: number;
  /** Whether the connection was cut, so that the host has ended the netservers. */
  readonly lost: () => boolean;
  readonly signal?: AbortSignal | undefined;
}

const NEXT = 'What was measured before is kept.';

/**
 * Runs netperf once.
 * @throws HostError
 */
export async function takeSample(
  host: Host,
  site: Site,
  slot: Slot,
  { seconds, order, lost, signal }: Taking,
): Promise<Sample> {
  const { point, arm, timed } = slot;
  const tried = `measure ${arm}, ${pointLabel(point)}`;
  const boundary = newBoundary();
  const startedAt = new Date().toISOString();
  const script = ['sh', '-c', SAMPLE, 'sh', boundary, site.cgroup, site.pins ?? ''];
  const netperf = netperfArgv(point, arm, { address: '127.0.0.1', port: site.port, seconds });
  const sampling = async (): Promise<string> => {
    await using timing = timed ? await timePrograms(host, signal) : undefined;
    const text = await host.check([...script, ...netperf], {
      ...{ tried, root: true, signal, next: NEXT },
      timeoutMs: (seconds + 30) * 1000,
    });
    if (timing?.lost() !== true) return text;
    const words = 'the connection was cut while the run time of the programs was measured';
    throw new HostError({ kind: 'connection-lost', tried, where: host.name, words, next: NEXT });
  };
  const text = await sampling().catch((error: unknown) => {
    // The next command connects anew, but finds its cgroup gone.
    const failed = error instanceof HostError && error.problem.kind === 'command';
    if (!failed || !lost()) throw error;
    throw new HostError({ ...error.problem, kind: 'connection-lost' }, { cause: error });
  });
  try {
    return parseSample(text, boundary, slot, { order, startedAt });
  } catch (cause) {
    const words = `${(cause as Error).message}\n${text}`;
    throw new HostError({ kind: 'command', tried, where: host.name, words, next: NEXT }, { cause });
  }
}

/** As long as it is held the kernel measures BPF programs; then the switch is as it was. */
function timePrograms(host: Host, signal?: AbortSignal) {
  return guard(
    host,
    { setup: TIMING_SETUP, undo: TIMING_UNDO },
    { tried: 'switch on the statistics of BPF programs', root: true, signal },
  );
}

/**
 * @param text output of the SAMPLE script.
 * @throws Error naming the figure that is missing.
 */
export function parseSample(
  text: string,
  boundary: string,
  { point, arm, repetition, timed }: Slot,
  taken: { order: number; startedAt: string },
): Sample {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const read = (name: string): string => sections.get(name) ?? '';
  const between = (figure: (when: 'before' | 'after') => number): number =>
    Math.max(0, figure('after') - figure('before'));
  const bypassed = sections.has('counters after');
  const counters = countersBetween(read('counters before'), read('counters after'));
  // Nothing of ours runs yet.
  const others = countersBetween(read('counters idle'), read('counters before'));
  const otherMessages = others['redirected_messages'] ?? 0;
  return {
    ...(arm === 'unix' && point.experiment === 'throughput'
      ? parseUnixStream(read('netperf'), point)
      : parseNetperf(read('netperf'), point)),
    arm,
    repetition,
    ...taken,
    noise: {
      stealPercent: stealPercent(read('cpu before'), read('cpu after')),
      load1: Number(read('load').split(' ')[0] ?? NaN),
    },
    loopbackBytes: between((when) => Number(read(`loopback ${when}`))),
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
  };
}

/** What was counted in between: the programs count from when they were loaded. */
function countersBetween(before: string, after: string): Record<string, number> {
  const earlier = parseCounters(before);
  return Object.fromEntries(
    Object.entries(parseCounters(after)).flatMap(([name, count]) => {
      const counted = count - (earlier[name] ?? 0);
      return counted > 0 ? [[name, counted] as const] : [];
    }),
  );
}

/** bpftool leaves both figures out while they are 0. */
const programTime = z.object({
  run_time_ns: z.number().default(0),
  run_cnt: z.number().default(0),
});

/** Of both programs since they were loaded, while the kernel's switch was on. */
function runTime(
  read: (name: string) => string,
  when: 'before' | 'after',
): { runs: number; nanoseconds: number } {
  const times = ['redirect', 'sockops'].map((program) => {
    const text = read(`${program} ${when}`);
    if (text === '') throw new Error(`bpftool gave nothing about the ${program} program`);
    return programTime.parse(JSON.parse(text));
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
