import { requireFacts, existingCgroup, servingAttachment } from '../bypass/load.ts';
import { parseCounters, readStatus, type Attachment } from '../bypass/status.ts';
import { HostError } from '../host/errors.ts';
import type { Facts } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import { guard } from '../host/scratch.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import type { Arm, Plan, Point, ResultDocument, Sample } from './document.ts';
import { netperfArgv, parseNetperf } from './netperf.ts';
import { bypassArm, estimatedSeconds, pointLabel, quickPlan, schedule, type Slot } from './plan.ts';
import { BENCH_SETUP, BENCH_UNDO, SAMPLE } from './scripts.ts';

export interface BenchProgress {
  readonly done: number;
  readonly total: number;
  readonly arm: Arm;
  /** What is measured now. */
  readonly point: string;
  readonly secondsLeft: number;
}

export interface BenchOptions {
  readonly cgroup: string;
  /** A plan, or the name of one of ours. */
  readonly plan: Plan | 'quick';
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: BenchProgress) => void;
  /** Called with the document before the first sample, after each one, and at the end. */
  readonly save: (document: ResultDocument) => Promise<void>;
}

/** Where the arms of one run are measured. */
interface Bench {
  readonly cgroups: { readonly bypass: string; readonly baseline: string };
  readonly ports: { readonly bypass: number; readonly baseline: number };
  readonly counters: string;
  /** Whether the connection was cut, so that the host has ended the servers. */
  lost(): boolean;
}

/**
 * Measures TCP and the bypass on the host: the bypass in a cgroup made inside the chosen one, TCP in
 * one made outside of every bypass. Whatever happens, both are removed with all that runs in them.
 * What was measured before an error or a cancellation has been saved.
 * @throws HostError
 */
export async function runBenchmark(host: Host, options: BenchOptions): Promise<ResultDocument> {
  const { signal, save, onProgress } = options;
  await host.becomeRoot(signal);
  const { facts, mount } = await requireFacts(host, 'benchmark', signal);
  const cgroup = await existingCgroup(host, mount, options.cgroup, signal);
  const status = await readStatus(host, mount, signal);
  const attachment = servingAttachment(status, cgroup);
  const { outside, counters } = placeOf(host, cgroup, mount, attachment);
  const policy = attachment?.policy ?? 'guarded';
  const plan = options.plan === 'quick' ? quickPlan(policy) : options.plan;
  checkArms(host, plan, policy);

  const name = `sockmap-bypass-bench-${crypto.randomUUID().slice(0, 8)}`;
  await using servers = await guard(
    host,
    { setup: BENCH_SETUP, undo: BENCH_UNDO, args: [cgroup, outside, name] },
    { tried: 'start netserver', root: true, signal },
  );
  const [bypassPort = 0, baselinePort = 0] = servers.line.split(' ').map(Number);
  const bench: Bench = {
    cgroups: { bypass: `${cgroup}/${name}`, baseline: `${outside}/${name}` },
    ports: { bypass: bypassPort, baseline: baselinePort },
    counters,
    lost: () => servers.lost(),
  };

  let document = newDocument(host, facts, cgroup, plan, attachment);
  await save(document);
  const slots = schedule(plan);
  await warmUp(host, bench, plan, signal);
  const begun = Date.now();
  for (const [order, slot] of slots.entries()) {
    onProgress?.({
      done: order,
      total: slots.length,
      arm: slot.arm,
      point: pointLabel(slot.point),
      secondsLeft:
        order === 0
          ? estimatedSeconds(plan, slots.length)
          : ((Date.now() - begun) / 1000 / order) * (slots.length - order),
    });
    const sample = await takeSample(host, bench, plan.secondsPerSample, slot, order, signal);
    document = { ...document, samples: [...document.samples, sample] };
    await save(document);
  }
  document = { ...document, finishedAt: new Date().toISOString() };
  await save(document);
  return document;
}

/** The cgroup outside of the bypass and the counters that prove it. */
function placeOf(
  host: Host,
  cgroup: string,
  mount: string,
  attachment: Attachment | undefined,
): { outside: string; counters: string } {
  const problem = (words: string, next: string) =>
    new HostError({ kind: 'input', tried: 'run the benchmark', where: host.name, words, next });
  const bypassed = attachment?.cgroup;
  if (bypassed === undefined || attachment?.pins === undefined) {
    throw problem(
      `no bypass is loaded on ${cgroup} or above it`,
      'Load it, then run the benchmark.',
    );
  }
  if (bypassed === mount) {
    throw problem(
      'the bypass is on the root cgroup, so nothing on this host is outside of it',
      'Load it on another cgroup to have plain TCP to compare with.',
    );
  }
  return {
    outside: bypassed.slice(0, bypassed.lastIndexOf('/')),
    counters: `${attachment.pins}/bypass_counters`,
  };
}

function checkArms(host: Host, plan: Plan, policy: Attachment['policy']): void {
  const possible: Arm[] = ['tcp', 'tcp-nodelay', bypassArm(policy)];
  const impossible = plan.points.flatMap(({ arms }) => arms).find((arm) => !possible.includes(arm));
  if (impossible === undefined) return;
  throw new HostError({
    kind: 'input',
    tried: 'run the benchmark',
    where: host.name,
    words: `the plan asks for ${impossible}, but what is loaded is ${policy}`,
    next: 'Load the other policy, or leave that arm out.',
  });
}

function newDocument(
  host: Host,
  facts: Facts,
  cgroup: string,
  plan: Plan,
  attachment: Attachment | undefined,
): ResultDocument {
  const tags = {
    ...(attachment?.sockops && { sockmap_sockops: attachment.sockops.tag }),
    ...(attachment?.redirect && { sockmap_redirect: attachment.redirect.tag }),
  };
  return {
    schema: 1,
    id: crypto.randomUUID(),
    startedAt: new Date().toISOString(),
    host: {
      name: host.name,
      kernel: facts.kernel,
      architecture: facts.architecture,
      distribution: facts.distribution.name,
      cpus: facts.cpus,
      netperf: facts.netperf ?? '',
      clang: facts.clang,
      jit: facts.jit,
    },
    cgroup,
    programs: { policy: attachment?.policy ?? 'guarded', tags },
    plan,
    samples: [],
  };
}

/** The first connections find cold caches and an idle clock: one short sample of each arm, dropped. */
async function warmUp(host: Host, bench: Bench, plan: Plan, signal?: AbortSignal): Promise<void> {
  const first = new Map<Arm, Point>();
  for (const point of plan.points)
    for (const arm of point.arms) if (!first.has(arm)) first.set(arm, point);
  for (const [arm, point] of first) {
    await takeSample(host, bench, 1, { point, arm, repetition: 0 }, 0, signal);
  }
}

async function takeSample(
  host: Host,
  bench: Bench,
  seconds: number,
  { point, arm, repetition }: Slot,
  order: number,
  signal: AbortSignal | undefined,
): Promise<Sample> {
  const side = arm === 'bypass' || arm === 'bypass-classic' ? 'bypass' : 'baseline';
  const tried = `measure ${arm}, ${pointLabel(point)}`;
  const boundary = newBoundary();
  const target = { address: '127.0.0.1', port: bench.ports[side], seconds };
  const counters = side === 'bypass' ? bench.counters : '';
  const startedAt = new Date().toISOString();
  const sampling = host.check(
    [
      ...['sh', '-c', SAMPLE, 'sh', boundary, bench.cgroups[side], counters],
      ...netperfArgv(point, arm, target),
    ],
    {
      tried,
      root: true,
      signal,
      timeoutMs: (seconds + 30) * 1000,
      next: 'What was measured before is kept.',
    },
  );
  const text = await sampling.catch((error: unknown) => {
    // The next command connects anew, but finds its cgroup gone.
    const failed = error instanceof HostError && error.problem.kind === 'command';
    if (!failed || !bench.lost()) throw error;
    throw new HostError({ ...error.problem, kind: 'connection-lost' }, { cause: error });
  });
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const read = (name: string): string => sections.get(name) ?? '';
  try {
    const redirected = (when: string): number =>
      parseCounters(read(`counters ${when}`))['redirected_bytes'] ?? 0;
    return {
      ...parseNetperf(read('netperf'), point),
      arm,
      repetition,
      order,
      startedAt,
      loopbackBytes: Number(read('loopback after')) - Number(read('loopback before')),
      ...(side === 'bypass' && {
        bpf: { redirectedBytes: redirected('after') - redirected('before') },
      }),
    };
  } catch (cause) {
    throw new HostError(
      {
        kind: 'command',
        tried,
        where: host.name,
        words: `${(cause as Error).message}\n${text}`,
        next: 'What was measured before is kept.',
      },
      { cause },
    );
  }
}
