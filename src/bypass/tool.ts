import * as l10n from '@vscode/l10n';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { readTarget } from './build.ts';
import { libbpfFlags, type Libbpf } from './libbpf.ts';
import { notRun } from './unprivileged.ts';
import { Workbench } from './workbench.ts';

/** A native program of ours for the host: `bpf/tools/verify.c`, `bpf/tools/semantics.c`. */
interface Tool {
  /** The program's name; its source is NAME.c. */
  readonly name: string;
  readonly source: Uint8Array;
  readonly flags: readonly string[];
  readonly libraries?: readonly string[];
}

/**
 * Builds a program in a private directory of the host, not as root, which may run it.
 * @returns its path on the host.
 * @throws HostError with clang's words; never of kind `compile`, which is a fault of a person's source.
 */
export async function buildTool(
  host: Host,
  directory: string,
  { name, source, flags, libraries = [] }: Tool,
  options: { tried: string; next: string; signal?: AbortSignal | undefined },
): Promise<string> {
  const { tried, next, signal } = options;
  const argv = ['clang', ...flags, '-o', name, `${name}.c`, ...libraries];
  const ended = await host.run(
    scriptArgv('build-tool.sh', directory, name, String(BUILD_SECONDS), ...argv),
    {
      tried,
      input: source,
      signal,
      timeoutMs: (BUILD_SECONDS + 10) * 1000,
    },
  );
  if (ended.exitCode === 0) return `${directory}/${name}`;
  const words = ended.stderr;
  throw (
    notRun(host, tried, ended) ??
    new HostError({ kind: 'not-found', tried, where: host.name, words, next })
  );
}

const BUILD_SECONDS = 50;

/**
 * Builds one that uses libbpf.
 * @param options libbpf: the host's own where it is undefined.
 * @throws HostError as buildTool.
 */
export function buildLibbpfTool(
  host: Host,
  directory: string,
  tool: Pick<Tool, 'name' | 'source'>,
  {
    libbpf,
    ...options
  }: { tried: string; libbpf?: Libbpf | undefined; signal?: AbortSignal | undefined },
): Promise<string> {
  const { flags, libraries } = libbpf ? libbpfFlags(libbpf) : { flags: [], libraries: ['-lbpf'] };
  return buildTool(
    host,
    directory,
    { ...tool, flags: ['-O1', ...flags], libraries },
    {
      ...options,
      next: libbpf
        ? l10n.t(
            'Check {0}, which has to be a libbpf 0.7 or newer for that host, and that libelf and zlib are there with their headers (libelf-dev, zlib1g-dev).',
            libbpf.library,
          )
        : l10n.t(
            'Check the host: clang, the C library and libbpf are needed, with their headers (libbpf-dev or libbpf-devel).',
          ),
    },
  );
}

/**
 * A workbench with such a program, to be kept. Not cancellable: it is needed the next time.
 * @throws HostError as buildTool.
 */
export async function libbpfToolBench(
  host: Host,
  tool: Pick<Tool, 'name' | 'source'>,
  tried: string,
): Promise<Workbench> {
  const bench = await Workbench.open(host, await readTarget(host), { executable: true });
  try {
    await buildLibbpfTool(host, bench.directory, tool, { tried });
    return bench;
  } catch (error) {
    await bench[Symbol.asyncDispose]();
    throw error;
  }
}
