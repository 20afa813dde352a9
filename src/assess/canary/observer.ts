import * as l10n from '@vscode/l10n';
import * as z from 'zod';
import { OCCUPIED } from '../../bypass/pins.ts';
import type { Workbench } from '../../bypass/workbench.ts';
import { AttendedProcess } from '../../host/attended.ts';
import type { Problem } from '../../host/errors.ts';
import type { Host } from '../../host/host.ts';
import { scriptArgv } from '../../host/hostScript.ts';
import { parseJson } from '../../host/json.ts';
import { onLines } from '../../host/lines.ts';
import { BUCKETS, type Bucket } from '../../results/canary/histogram.ts';
import type { Growth } from '../../results/canary/trial.ts';
import { buildTracer, readTracer, type TracerSource } from '../tracer.ts';

/** @param directory the bundled BPF C. */
export const readCanary = (directory: string): Promise<TracerSource> =>
  readTracer(directory, 'canary.bpf.c', 'canary');

const count = z.number().nonnegative();
/** Numbers of buckets and their counts in turn. */
const part = z
  .array(z.int().nonnegative())
  .transform((flat): Bucket[] =>
    flat.flatMap((index, at): Bucket[] =>
      at % 2 === 0 && index < BUCKETS ? [[index, flat[at + 1] ?? 0]] : [],
    ),
  );
const group = z.object({
  sockets: count,
  transactions: count,
  sentBytes: count,
  receivedBytes: count,
  resets: count,
  eagains: count,
  stalls: count,
  times: z.array(part).max(64),
});
const growthSchema = z.object({
  seconds: count,
  share: z.int().min(0).max(100),
  cost: z.object({ runs: count, nanoseconds: count, seconds: count }),
  bypass: group,
  tcp: group,
});

/** @returns undefined for a line of another form. */
export function parseGrowth(line: string): Growth | undefined {
  try {
    return growthSchema.parse(parseJson(line));
  } catch {
    return undefined;
  }
}

/** An exit status of canary.c: the bypass was unloaded or switched off. */
const GONE = 4;

const TRIED = () => l10n.t('compare connections on the bypass with those on TCP');

/** Runs on a host, beside a bypass, for as long as it is wanted; its end, however it comes, restores the share. */
export class CanaryObserver {
  readonly #bench: Workbench;
  readonly #process: AttendedProcess;

  private constructor(bench: Workbench, process: AttendedProcess) {
    this.#bench = bench;
    this.#process = process;
  }

  /**
   * @param options pins: of the bypass; same: all connections are on TCP, in two groups of which one is called
   *   the bypass's, to see what is found where nothing differs.
   * @param onGrowth called once a second.
   */
  static async start(
    host: Host,
    source: TracerSource,
    options: { readonly pins: string; readonly share: number; readonly same: boolean },
    onGrowth: (growth: Growth) => void,
    signal?: AbortSignal,
  ): Promise<CanaryObserver> {
    const { pins, share, same } = options;
    const { bench, object } = await buildTracer(host, source, signal);
    try {
      const process = host.spawn(
        scriptArgv(
          'canary.sh',
          bench.directory,
          pins,
          object,
          String(share),
          ...(same ? ['same'] : []),
        ),
        { tried: TRIED(), root: true },
      );
      onLines(process.stdout, (line) => {
        const growth = parseGrowth(line);
        if (growth !== undefined) onGrowth(growth);
      });
      return new CanaryObserver(
        bench,
        new AttendedProcess(host, process, { tried: TRIED(), blame }),
      );
    } catch (error) {
      await bench[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** New connections stay on TCP from now on, also after the end. */
  stopBypassing(): void {
    this.#process.say('keep 0\n');
  }

  /** Has it end. */
  end(): void {
    this.#process.end();
  }

  /** @throws HostError where it did not run, or has ended by itself. */
  ended(): Promise<void> {
    return this.#process.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await this.#bench[Symbol.asyncDispose]();
  }
}

function blame(exitCode: number | undefined): Pick<Problem, 'kind' | 'next'> {
  switch (exitCode) {
    case OCCUPIED:
      return {
        kind: 'occupied',
        next: l10n.t(
          'Wait until that has ended: each restores the share that was set when it began.',
        ),
      };
    case GONE:
      return { kind: 'not-found', next: l10n.t('Load it, or switch it on, then begin anew.') };
    default:
      return {
        kind: 'command',
        next: l10n.t(
          'It takes Linux 6.3 or newer, for its tracepoints. Without it, load a share, and measure with tools of your own.',
        ),
      };
  }
}
