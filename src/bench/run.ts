import * as l10n from '@vscode/l10n';
import { createHmac } from 'node:crypto';
import { servingAttachment } from '../bypass/load.ts';
import { existingCgroup } from '../host/cgroups.ts';
import type { BpfSource } from '../bypass/build.ts';
import type { GuardedLimits } from '../bypass/config.ts';
import { type Policy } from '../bypass/attachment.ts';
import { readStatus } from '../bypass/status.ts';
import type { Facts } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import type { Arm, Plan, Point, ResultDocument, Sample } from '../results/document.ts';
import { unixTrialArgv } from './netperf.ts';
import { prepareSites, refusal, type Sites } from './sites.ts';
import {
  estimatedSeconds,
  planFault,
  pointLabel,
  PROFILES,
  schedule,
  wholeRounds,
} from '../results/plan.ts';
import type { Profile, Slot } from '../results/plan.ts';
import { recorded } from './recorder.ts';
import { isOwnCgroup, newCgroup, ownCgroup } from './ownCgroup.ts';
import { limitsFault, resumeFault } from './resume.ts';
import { takeSample, type Taking } from './sample.ts';
import type { Site } from './site.ts';
import { tryNetperf } from './trial.ts';
import { takeWorkloadSample } from './workload.ts';

export interface BenchProgress {
  /** Samples taken, of this run and the one it goes on with. */
  readonly done: number;
  /** At most: a point whose ratios are known well enough ends before its limit. */
  readonly total: number;
  readonly arm: Arm;
  /** The sample that is measured now. */
  readonly point: string;
  /** At most. */
  readonly secondsLeft: number;
}

export interface BenchOptions {
  /** Where to measure; undefined: in a cgroup made for the run, with programs loaded for it. */
  readonly cgroup: string | undefined;
  /** A plan, or the name of one of ours. */
  readonly plan: Plan | Profile;
  /** The bundled programs, for the arms whose policy does not serve the cgroup. */
  readonly source: (policy: Policy) => Promise<BpfSource>;
  /** For a guarded policy the run loads itself. */
  readonly limits?: GuardedLimits | undefined;
  /** Load also where no bypass serves the cgroup at all; an error otherwise. */
  readonly loadMissing?: boolean | undefined;
  /** The saved run this one will be compared with. */
  readonly baselineId?: string | undefined;
  /** Name of the host in the document; its own when left out. */
  readonly calledAs?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: BenchProgress) => void;
  /** Called with the document before the first sample, after each one, and at the end. */
  readonly save: (document: ResultDocument) => Promise<void>;
}

/**
 * Measures TCP and the bypass on the host (see `prepareSites` for where). Whatever happens, nothing
 * of it stays there. What was measured before an error or a cancellation has been saved.
 * @throws HostError
 */
export async function runBenchmark(host: Host, options: BenchOptions): Promise<ResultDocument> {
  const { cgroup } = options;
  if (cgroup === undefined) {
    const { mount } = await host.ready('benchmark', options.signal);
    await using own = await ownCgroup(host, newCgroup(mount), options.signal);
    return await runBenchmark(host, { ...options, cgroup: own.line, loadMissing: true });
  }
  const begin: Start = (policy, facts) => {
    const plan = typeof options.plan === 'string' ? PROFILES[options.plan](policy) : options.plan;
    return {
      schema: 1,
      id: crypto.randomUUID(),
      startedAt: new Date().toISOString(),
      ...(options.baselineId !== undefined && { baselineId: options.baselineId }),
      host: facts,
      cgroup: '',
      programs: { policy, tags: {} },
      plan,
      samples: [],
    };
  };
  return recorded(options, (save) => measure(host, cgroup, { ...options, save }, begin));
}

/**
 * Goes on with a run that was cut off, on the same host and cgroup with the same programs and limits. A cgroup
 * that was made for it is made again.
 * @param options.limits those of a document that has none.
 * @param options.reread gives the document as it is saved by then, once nobody else can be at it.
 * @returns the same document with what was missing. Of a point that was cut off between two of its
 *   arms the round is measured again: only what was measured side by side is compared.
 * @throws HostError also when what would be measured is no longer the same.
 */
export async function resumeBenchmark(
  host: Host,
  document: ResultDocument,
  options: MeasureOptions & { readonly reread: () => Promise<ResultDocument> },
): Promise<ResultDocument> {
  const unfinished = (given: ResultDocument): ResultDocument => {
    if (given.finishedAt !== undefined) throw refusal(host, l10n.t('it has finished'));
    return given;
  };
  const { cgroup, limits = options.limits } = unfinished(document);
  const fault = limitsFault(limits ?? {});
  if (fault !== undefined) throw refusal(host, fault);
  const reread = async () => unfinished(await options.reread());
  const { mount } = await host.ready('benchmark', options.signal);
  const isOwn = isOwnCgroup(mount, cgroup);
  await using _own = isOwn ? await ownCgroup(host, cgroup, options.signal) : undefined;
  // It has limits where it loaded its own.
  const loadMissing = isOwn || document.limits !== undefined || options.loadMissing;
  return await recorded(options, (save) =>
    measure(host, cgroup, { ...options, limits, loadMissing, save }, () => document, reread),
  );
}

type MeasureOptions = Omit<BenchOptions, 'cgroup' | 'plan' | 'baselineId'>;
type Start = (policy: Policy, host: ResultDocument['host']) => ResultDocument;

async function measure(
  host: Host,
  named: string,
  options: MeasureOptions,
  start: Start,
  readCut?: () => Promise<ResultDocument>,
): Promise<ResultDocument> {
  const { signal, save, onProgress, calledAs } = options;
  const { facts, mount } = await host.ready('benchmark', signal);
  const cgroup = await existingCgroup(host, mount, named, signal);
  const status = await readStatus(host, signal);
  const policy = servingAttachment(status, cgroup)?.policy ?? 'guarded';
  const known = await hostFacts(host, calledAs ?? host.name, facts, signal);
  let document = { ...start(policy, known), cgroup };
  const { plan } = document;
  const fault = planFault(plan);
  if (fault !== undefined) throw refusal(host, fault, l10n.t('Correct the plan.'));
  await using sites = await prepareSites(host, {
    ...options,
    id: document.id,
    cgroup,
    mount,
    status,
    plan,
  });
  if (plan.points.some(({ arms }) => arms.includes('unix'))) {
    await checkUnix(host, sites.site('unix'), signal);
  }
  const now = { host: known, programs: sites.programs, limits: sites.limits };
  if (readCut !== undefined) {
    // Until the run's cgroups were ours, another window may have gone on with it.
    const { resumedAt = [], stopped: _stopped, ...cut } = await readCut();
    const changed =
      cut.id === document.id ? resumeFault(cut, now) : l10n.t('its file now holds another run');
    if (changed !== undefined) throw refusal(host, changed);
    document = {
      ...cut,
      cgroup,
      plan,
      resumedAt: [...resumedAt, new Date().toISOString()],
      samples: wholeRounds(plan, cut.samples),
    };
  }
  document = {
    ...document,
    programs: sites.programs,
    ...(readCut === undefined && sites.limits && { limits: sites.limits }),
  };
  await save(document);
  await warmUp(host, sites, plan, signal);

  const begun = { at: performance.now(), done: document.samples.length };
  for (;;) {
    const { slots, later } = schedule(plan, document.samples);
    if (slots.length === 0) break;
    for (const [index, slot] of slots.entries()) {
      const order = document.samples.length;
      const left = slots.length - index + later;
      const taken = order - begun.done;
      onProgress?.({
        done: order,
        total: order + left,
        arm: slot.arm,
        point: pointLabel(slot.point),
        secondsLeft:
          taken === 0
            ? estimatedSeconds(plan, left)
            : ((performance.now() - begun.at) / 1000 / taken) * left,
      });
      const sample = await takeOne(host, sites, plan, slot, {
        seconds: plan.secondsPerSample,
        order,
        signal,
        lost: () => sites.lost(),
      });
      document = { ...document, samples: [...document.samples, sample] };
      await save(document);
    }
  }
  document = { ...document, finishedAt: new Date().toISOString() };
  await save(document);
  return document;
}

/** netperf measures Unix sockets only where it was built for it, which Debian's is not. */
async function checkUnix(host: Host, site: Site, signal: AbortSignal | undefined): Promise<void> {
  // It looks at the name of the test only once it is connected, and its exit status is that of any failure.
  const { said } = await tryNetperf(host, site, unixTrialArgv(site), signal);
  if (!said.includes('unknown to this netperf')) return;
  throw refusal(
    host,
    l10n.t('the plan asks for Unix sockets, and netperf was built without them'),
    l10n.t('Leave "unix" out of "arms", or install a netperf configured with --enable-unixdomain.'),
  );
}

/** Facts that make a result comparable months later. */
async function hostFacts(
  host: Host,
  name: string,
  facts: Facts,
  signal: AbortSignal | undefined,
): Promise<ResultDocument['host']> {
  const boundary = newBoundary();
  const { stdout } = await host.run(scriptArgv('bench-speed.sh', boundary), {
    tried: l10n.t('read the CPU frequency settings'),
    signal,
  });
  return {
    name,
    kernel: facts.kernel,
    architecture: facts.architecture,
    distribution: facts.distribution.name,
    cpus: facts.cpus,
    netperf: facts.netperf ?? '',
    clang: facts.clang,
    // In a network namespace the kernel does not show it.
    ...(facts.jit !== undefined && { jit: facts.jit }),
    ...parseSpeed(stdout, boundary),
  };
}

/** @param text output of bench-speed.sh. */
function parseSpeed(
  text: string,
  boundary: string,
): Pick<ResultDocument['host'], 'governor' | 'turbo' | 'virtual' | 'cpuModel' | 'machine'> {
  const sections = new Map(parseSections(text, boundary).map(({ name, text }) => [name, text]));
  const read = (name: string): string => sections.get(name) ?? '';
  const turbo = read('no_turbo') === '' ? read('boost') === '1' : read('no_turbo') === '0';
  const cpuModel = /:\s*(.+)/.exec(read('cpu'))?.[1];
  const [machineId] = /^[0-9a-f]{32}$/.exec(read('machine')) ?? [];
  return {
    ...(read('governor') !== '' && { governor: read('governor') }),
    ...(read('no_turbo') + read('boost') !== '' && { turbo }),
    virtual: read('virtual') === 'yes',
    ...(cpuModel !== undefined && { cpuModel }),
    ...(machineId !== undefined && { machine: machineOf(machineId) }),
  };
}

/** machine-id(5): the id itself is confidential, a keyed hash of it is what programs may disclose. */
const machineOf = (machineId: string): string =>
  createHmac('sha256', machineId).update('sockmap-bypass').digest('hex').slice(0, 16);

/** Takes a sample with netperf, or of a workload. */
async function takeOne(
  host: Host,
  sites: Sites,
  plan: Plan,
  slot: Slot,
  taking: Taking,
): Promise<Sample> {
  const { point, arm } = slot;
  const site = sites.site(arm);
  if (point.experiment !== 'workload') return takeSample(host, site, slot, taking);
  const workload = plan.workloads?.find(({ name }) => name === point.workload);
  if (workload === undefined) throw new RangeError(`${point.workload} is not in the plan`);
  return takeWorkloadSample(host, site, slot, workload, taking);
}

/**
 * The first connections find cold caches and an idle clock: one short sample of each arm, dropped. A workload warms
 * up before each of its samples.
 */
async function warmUp(
  host: Host,
  sites: Sites,
  plan: Plan,
  signal: AbortSignal | undefined,
): Promise<void> {
  const first = new Map<Arm, Point>();
  for (const point of plan.points)
    for (const arm of point.arms) if (!first.has(arm)) first.set(arm, point);
  for (const [arm, point] of first) {
    const slot = { point, arm, repetition: 0, timed: false };
    await takeSample(host, sites.site(arm), slot, {
      seconds: 1,
      order: 0,
      signal,
      lost: () => sites.lost(),
    });
  }
}
