import * as l10n from '@vscode/l10n';
import { guard } from '../host/guard.ts';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { hostScript, scriptArgv } from '../host/hostScript.ts';
import { isWhole, newBoundary } from '../host/sections.ts';
import type { Arm, Sample, Workload } from '../results/document.ts';
import { percentilesOf } from '../results/percentiles.ts';
import { pointLabel, type Slot } from '../results/plan.ts';
import { addressOf, readLoopback } from './loopback.ts';
import { readMetric } from './metric.ts';
import { newCgroup, ownCgroup } from './ownCgroup.ts';
import { countedSample, type Taking } from './sample.ts';
import type { Site } from './site.ts';

/** Where one sample of a workload is taken: a cgroup below that of its arm, a directory, a free port. */
interface Place {
  readonly cgroup: string;
  readonly account: string;
  readonly uid: string;
  readonly gid: string;
  readonly port: number;
  readonly directory: string;
}

const MOST_OUTPUT_KIB = 1024;
/** The time that a command may take beyond a sample's length. */
const SPARE_SECONDS = 60;
const STOP_SECONDS = 20;

/** Exit statuses of bench-workload-place.sh and bench-workload-server.sh. */
const NO_ACCOUNT = 93;
const SERVER_ENDED = 94;
const SERVER_SILENT = 95;

const next = (): string =>
  l10n.t('What was measured before is kept. Correct the workload in the plan.');

/**
 * Takes one sample of a workload: its server is started anew in the arm's cgroup, its client run once to warm
 * up and once to be measured. Whatever it has started is ended, and its directory removed, however that goes.
 * @throws HostError with the words of the command that failed.
 */
export async function takeWorkloadSample(
  host: Host,
  site: Site,
  slot: Slot,
  workload: Workload,
  { seconds, order, signal }: Pick<Taking, 'seconds' | 'order' | 'signal'>,
): Promise<Sample> {
  const { arm, point } = slot;
  const { server, client } = commandsOf(workload, arm);
  const { prepare, report, stop, warmup } = workload;
  const tried = l10n.t('measure {0}, {1}', arm, pointLabel(point));
  await using place = await makePlace(host, site, workload, tried, signal);
  const steps = new Steps(host, site, place, workload, { seconds, tried, signal });
  if (prepare !== undefined) await steps.run(l10n.t('its prepare'), prepare);
  if (server !== undefined) await steps.serve(server, arm);
  if (warmup > 0) await steps.run(l10n.t('its client, to warm up'), client, warmup);
  const startedAt = new Date().toISOString();
  const sample = await steps.measure(site, client, slot, { order, startedAt });
  const reported =
    report === undefined ? [] : percentilesOf(await steps.run(l10n.t('its report'), report));
  if (stop !== undefined) await steps.stop(stop);
  return { ...sample, ...(reported.length > 0 && { percentiles: reported }) };
}

/**
 * Runs the client of a workload once, for its output: as for a sample over TCP, but in a cgroup made for it.
 * @param seconds stands in its commands for the length of a sample.
 * @returns all that it has printed.
 * @throws HostError with the words of the command that failed.
 */
export async function tryWorkload(
  host: Host,
  workload: Workload,
  { seconds, signal }: Pick<Taking, 'seconds' | 'signal'>,
): Promise<string> {
  const { mount } = await host.ready('benchmark', signal);
  const address = addressOf(host, await readLoopback(host, signal));
  await using own = await ownCgroup(host, newCgroup(mount), signal);
  const site = { cgroup: own.line, address };
  const tried = l10n.t('run the client of {0}', workload.name);
  await using place = await makePlace(host, site, workload, tried, signal);
  const steps = new Steps(host, site, place, workload, { seconds, tried, signal });
  if (workload.prepare !== undefined) await steps.run(l10n.t('its prepare'), workload.prepare);
  if (workload.server !== undefined) await steps.serve(workload.server, 'tcp');
  return await steps.run(l10n.t('its client'), workload.client);
}

const commandsOf = (workload: Workload, arm: Arm) =>
  arm === 'unix' && workload.unix ? workload.unix : workload;

/** The part of a site that commands are run at. */
type CommandSite = Pick<Site, 'cgroup' | 'address' | 'netns'>;

async function makePlace(
  host: Host,
  site: CommandSite,
  { user = '' }: Workload,
  tried: string,
  signal: AbortSignal | undefined,
): Promise<Place & AsyncDisposable> {
  const script = {
    setup: hostScript('bench-workload-place.sh'),
    args: [site.cgroup, user, site.netns?.server ?? ''],
  };
  try {
    const made = await guard(host, script, { tried, root: true, signal });
    const [account = '', uid = '', gid = '', port = '', ...directory] = made.line.split(' ');
    return {
      cgroup: `${site.cgroup}/workload`,
      account,
      uid,
      gid,
      port: Number(port),
      directory: directory.join(' '),
      [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
    };
  } catch (error) {
    if (!(error instanceof HostError) || error.problem.exitCode !== NO_ACCOUNT) throw error;
    const headline = l10n.t('there is no account {0} to run the workload as', user || 'nobody');
    throw new HostError(
      { ...error.problem, kind: 'not-found', headline, words: headline, next: next() },
      { cause: error },
    );
  }
}

/** The commands of one sample, one after the other. */
class Steps {
  readonly #host: Host;
  readonly #site: CommandSite;
  readonly #place: Place;
  readonly #workload: Workload;
  readonly #options: { seconds: number; tried: string; signal?: AbortSignal | undefined };

  constructor(
    host: Host,
    site: CommandSite,
    place: Place,
    workload: Workload,
    options: { seconds: number; tried: string; signal?: AbortSignal | undefined },
  ) {
    this.#host = host;
    this.#site = site;
    this.#place = place;
    this.#workload = workload;
    this.#options = options;
  }

  get #limits() {
    const { seconds, memoryMiB, outputKiB = MOST_OUTPUT_KIB } = this.#workload.limits ?? {};
    return {
      seconds: seconds ?? this.#options.seconds + SPARE_SECONDS,
      memoryKiB: memoryMiB === undefined ? '' : String(memoryMiB * 1024),
      outputBytes: outputKiB * 1024,
    };
  }

  /** The first arguments of every script. */
  get #placed(): string[] {
    const { cgroup, account, uid, gid, directory } = this.#place;
    return [cgroup, account, uid, gid, directory, this.#limits.memoryKiB];
  }

  /** A command with this place put in for what stands for it. */
  #filled(command: readonly string[], seconds = this.#options.seconds): string[] {
    const { address } = this.#site;
    const { port, directory } = this.#place;
    const values = { address, port, dir: directory, seconds };
    return command.map((word) =>
      word.replace(/\{(address|port|dir|seconds)\}/g, (_, name: keyof typeof values) =>
        String(values[name]),
      ),
    );
  }

  /** @returns its output. */
  async run(what: string, command: readonly string[], seconds?: number): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(what, this.#stepArgv(command, seconds));
    if (exitCode !== 0) throw this.#failed(exitText(what, exitCode), stderr, stdout);
    return stdout;
  }

  /** Processes that are not stopped are ended. */
  async stop(command: readonly string[]): Promise<void> {
    const { signal } = this.#options;
    const argv = this.#stepArgv(command);
    await this.#run(l10n.t('its stop'), argv, STOP_SECONDS).catch((error: unknown) => {
      if (signal?.aborted === true) throw error;
    });
  }

  #stepArgv(command: readonly string[], seconds?: number): string[] {
    return [
      ...scriptArgv('bench-workload-step.sh', ...this.#placed),
      this.#site.netns?.client ?? '',
      String(this.#limits.outputBytes),
      ...this.#filled(command, seconds),
    ];
  }

  /** Starts the server, and waits until it listens. */
  async serve(command: readonly string[], arm: Arm): Promise<void> {
    const { seconds } = this.#limits;
    const argv = [
      ...scriptArgv('bench-workload-server.sh', ...this.#placed),
      this.#site.netns?.server ?? '',
      arm === 'unix' ? '00010000' : '0A',
      String(seconds),
      ...this.#filled(command),
    ];
    const what = l10n.t('its server');
    const { exitCode, stderr } = await this.#run(what, argv, seconds + STOP_SECONDS);
    if (exitCode === 0) return;
    throw this.#failed(
      exitCode === SERVER_ENDED
        ? l10n.t('its server has ended')
        : exitCode === SERVER_SILENT
          ? l10n.t('its server does not listen after {0} s', seconds)
          : l10n.t('its server could not be started'),
      stderr,
    );
  }

  async measure(
    site: Site,
    command: readonly string[],
    slot: Slot,
    taken: { order: number; startedAt: string },
  ): Promise<Sample> {
    const boundary = newBoundary();
    const { netns, pins = '' } = site;
    const { outputBytes } = this.#limits;
    const argv = [
      ...scriptArgv('bench-workload-sample.sh', boundary, ...this.#placed),
      String(outputBytes),
      pins,
      netns?.client ?? '',
      netns?.server ?? '',
      ...this.#filled(command),
    ];
    const what = l10n.t('its client');
    const { exitCode, stdout, stderr } = await this.#run(what, argv);
    if (!isWhole(stdout, boundary)) {
      throw this.#failed(l10n.t('its client could not be run'), stderr);
    }
    let output = '';
    try {
      return countedSample(stdout, boundary, site, slot, taken, (read) => {
        output = read('output');
        if (exitCode !== 0) throw new Error(exitText(what, exitCode));
        if (Buffer.byteLength(output) >= outputBytes - 2) {
          throw new Error(l10n.t('its client printed more than {0} KiB', outputBytes / 1024));
        }
        return figuresOf(read, this.#workload);
      });
    } catch (error) {
      throw this.#failed((error as Error).message, stderr, output);
    }
  }

  async #run(what: string, argv: readonly string[], seconds = this.#limits.seconds) {
    const { tried, signal } = this.#options;
    const options = { tried, root: true, signal, timeoutMs: seconds * 1000 };
    try {
      return await this.#host.run(argv, options);
    } catch (error) {
      if (!(error instanceof HostError) || error.problem.kind !== 'timeout') throw error;
      const late = l10n.t(
        '{0}, or what it left with its output open, has not ended after {1} s',
        what,
        seconds,
      );
      throw new HostError(
        { ...error.problem, headline: late, words: late, next: next() },
        { cause: error },
      );
    }
  }

  #failed(headline: string, ...said: readonly string[]): HostError {
    const { tried } = this.#options;
    const words = said.map((text) => text.trim().slice(-4096)).filter((text) => text !== '');
    return new HostError({
      kind: 'command',
      tried,
      where: this.#host.name,
      headline,
      words: [headline, ...words].join('\n'),
      next: next(),
    });
  }
}

const exitText = (what: string, exitCode: number): string =>
  l10n.t('{0} failed, with exit code {1}', what, exitCode);

/** @throws Error where the metric is not in the output. */
function figuresOf(read: (name: string) => string, workload: Workload) {
  const { name, metric, unit, higherIsBetter } = workload;
  const between = (figure: string) =>
    Math.max(0, Number(read(`${figure} after`)) - Number(read(`${figure} before`)));
  const percentiles = percentilesOf(read('output'));
  const peaks = Array.from(read('memory').matchAll(/^\d+$/gm), ([kib]) => Number(kib) * 1024);
  return {
    experiment: 'workload' as const,
    workload: name,
    metrics: { [metric.name]: readMetric(read('output'), metric) },
    metric: metric.name,
    unit,
    higherIsBetter,
    ...(percentiles.length > 0 && { percentiles }),
    // The kernel's clock of /proc/uptime goes in steps of 10 ms.
    seconds: Math.max(0.01, between('clock')),
    cpuSeconds: between('usage') / 1e6,
    ...(peaks.length > 0 && { peakMemoryBytes: peaks.reduce((sum, one) => sum + one) }),
  };
}
