import * as l10n from '@vscode/l10n';
import { readTarget } from '../bypass/build.ts';
import { buildTool } from '../bypass/tool.ts';
import { Workbench } from '../bypass/workbench.ts';
import { HostError } from '../host/errors.ts';
import type { Host, HostProcess } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import type { Key } from '../host/keeper.ts';
import { onLines } from '../host/lines.ts';
import { readingsOf, type RunReading } from './runTime.ts';

/** How often the host is told that we are here: it ends where it hears nothing for 20 s. */
const HERE_MS = 5000;

const BENCH: Key<Workbench> = { name: 'run time' };

const tried = () => l10n.t('measure the run time of programs');

/** The kernel of a host measures for as long as this lives; its end, however it comes, ends that. */
export class RunTimeMeter implements AsyncDisposable {
  readonly #host: Host;
  readonly #process: HostProcess;
  readonly #here: NodeJS.Timeout;

  private constructor(host: Host, process: HostProcess) {
    this.#host = host;
    this.#process = process;
    this.#here = setInterval(() => {
      process.stdin.write('\n');
    }, HERE_MS);
    const stop = (): void => {
      clearInterval(this.#here);
    };
    void process.ended.then(stop, stop);
  }

  /**
   * @param tool `bpf/tools/run-time.c`.
   * @param names of the programs, as their source has them.
   * @param onReading called every two seconds.
   * @throws HostError where it cannot be built there.
   */
  static async start(
    host: Host,
    tool: Uint8Array,
    names: readonly string[],
    onReading: (reading: RunReading) => void,
    signal?: AbortSignal,
  ): Promise<RunTimeMeter> {
    await host.becomeRoot(signal);
    const bench = await host.keep(BENCH, () => makeBench(host, tool));
    const process = host.spawn(scriptArgv('run-time.sh', bench.directory, ...names), {
      tried: tried(),
      root: true,
    });
    onLines(process.stdout, readingsOf(onReading));
    return new RunTimeMeter(host, process);
  }

  /** @throws HostError where it did not run, or has ended by itself. */
  async ended(): Promise<void> {
    const { exitCode } = await this.#process.ended;
    const fault = await this.#host.fault(this.#process, tried());
    if (fault !== undefined) throw fault;
    if (exitCode === 0) return;
    throw new HostError({
      kind: 'command',
      tried: tried(),
      where: this.#host.name,
      words: this.#process.words.trim(),
      exitCode,
      next: l10n.t('It takes Linux 5.8 or newer, and root.'),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#here);
    this.#process.stdin.end();
    await this.#process.ended;
  }
}

/** Not cancellable: it is needed the next time. */
async function makeBench(host: Host, source: Uint8Array): Promise<Workbench> {
  const bench = await Workbench.open(host, await readTarget(host), { executable: true });
  try {
    await buildTool(
      host,
      bench.directory,
      { name: 'run-time', source, flags: ['-O1'], libraries: ['-lbpf'] },
      {
        tried: l10n.t('build the run-time meter'),
        next: l10n.t(
          'Check the host: clang, the C library and libbpf are needed, with their headers (libbpf-dev or libbpf-devel).',
        ),
      },
    );
    return bench;
  } catch (error) {
    await bench[Symbol.asyncDispose]();
    throw error;
  }
}
