import path from 'node:path';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { upload } from '../host/upload.ts';
import { allSettledOrThrow } from '../host/allSettledOrThrow.ts';
import { AT_MOST, compilerFailure } from './compilerLimits.ts';
import { wantsKernelTypes, writeKernelTypes } from './kernelTypes.ts';
import { OWN_USER, STILL_ROOT, stillRoot } from './unprivileged.ts';

/** BPF C to build: the program's file and every file it may include, by plain name. */
export interface BpfSource {
  readonly entry: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Macros to define. */
  readonly defines?: Readonly<Record<string, number>>;
}

/** `uname -m` to the names libbpf's headers know (bpf_tracing.h). */
const TARGET_ARCH: Readonly<Record<string, string>> = {
  x86_64: 'x86',
  aarch64: 'arm64',
  armv7l: 'arm',
  s390x: 's390',
  ppc64le: 'powerpc',
  riscv64: 'riscv',
  loongarch64: 'loongarch',
};

/** The compiler's flags, the same for loading, verifying and the language client. */
export const clangFlags = (
  architecture: string,
  directory: string,
  defines: Readonly<Record<string, number>> = {},
): string[] => [
  ...[
    '-O2',
    '-g',
    '-target',
    'bpf',
    `-D__TARGET_ARCH_${TARGET_ARCH[architecture] ?? architecture}`,
  ],
  ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`),
  `-I${directory}`,
  // <asm/types.h>, which the kernel's headers include, lies here on Debian and its kin.
  ...['-idirafter', `/usr/include/${architecture}-linux-gnu`],
];

/**
 * Those for a program of a source tree that lies in a directory of the host; its headers get the same.
 * @param types the directory of vmlinux.h.
 * @param include directories: of the tree, or absolute, of the host.
 */
export function treeFlags(
  architecture: string,
  directory: string,
  types: string,
  { entry, defines }: Pick<BpfSource, 'entry' | 'defines'>,
  include: readonly string[],
): string[] {
  return [
    ...clangFlags(architecture, path.posix.join(directory, path.posix.dirname(entry)), defines),
    // Resolved: the compiler calls a file by the directory it was found in, word for word.
    ...include.map((one) => `-I${path.posix.resolve(directory, one)}`),
    `-I${types}`,
  ];
}

/**
 * Uploads the source into a private directory of the host and compiles it there, without root.
 * @returns the object's path on the host.
 * @throws HostError of kind `compile` with clang's words.
 */
export async function compile(
  host: Host,
  source: BpfSource,
  directory: string,
  architecture: string,
  signal?: AbortSignal,
): Promise<string> {
  const { entry, files } = source;
  const tried = `compile ${entry}`;
  await allSettledOrThrow([
    upload(host, directory, files, signal),
    ...(wantsKernelTypes(files) ? [writeKernelTypes(host, directory, signal)] : []),
  ]);
  const object = `${directory}/${entry.replace(/\.c$/, '')}.o`;
  // From inside: who compiles it need not be let into the directories above.
  const argv = [
    ...['clang', ...clangFlags(architecture, '.', source.defines)],
    ...['-fno-crash-diagnostics', '-c', entry, '-o', '-'],
  ];
  const { exitCode, stderr } = await host.run(
    ['sh', '-c', COMPILE, 'sh', directory, object, ...argv],
    { tried, signal, timeoutMs: (LIMITS.seconds + 10) * 1000 },
  );
  if (exitCode === 0) return object;
  if (exitCode === STILL_ROOT) throw stillRoot(host, tried, stderr);
  const words = stderr.replaceAll(`${directory}/`, '');
  const failure = compilerFailure(host.name, tried, { exitCode, stderr: words }, LIMITS);
  if (failure !== undefined) throw failure;
  throw new HostError({
    ...{ kind: 'compile', tried, where: host.name, words },
    next: 'Fix the source and try again.',
  });
}

const LIMITS = { seconds: 30, memoryKiB: 2 * 2 ** 20, outputMiB: 32 };

/**
 * $1 directory, $2 object, then the compiler, which writes to its standard output: what root loads is
 * written by nobody else, and a source makes the compiler neither read as root nor work without end.
 * The object counts when nothing is left that could still write to it.
 */
const COMPILE = `directory=$1 object=$2; shift 2
cd "$directory" || exit
umask 077
${OWN_USER}
reserve
share . "$own" || exit
${AT_MOST}
limits() { ulimit -c 0; at_most v ${LIMITS.memoryKiB}; at_most f ${LIMITS.outputMiB * 2048}; }
confined timeout -k 2 ${LIMITS.seconds} "$@" >"$object"
code=$?
chmod 700 .
end_own || exit
exit $code`;

/** A native program of ours for the host: `bpf/tools/verify.c`, `bpf/tools/semantics.c`. */
export interface Tool {
  /** What the program is called; its source is NAME.c. */
  readonly name: string;
  readonly source: Uint8Array;
  readonly flags: readonly string[];
  readonly libraries?: readonly string[];
}

/**
 * Builds a program in a private directory of the host, not as root, which may run it.
 * @returns its path on the host.
 * @throws HostError of kind `compile` with clang's words.
 */
export async function buildTool(
  host: Host,
  directory: string,
  { name, source, flags, libraries = [] }: Tool,
  options: { tried: string; next: string; signal?: AbortSignal | undefined },
): Promise<string> {
  const { tried, next, signal } = options;
  const argv = ['clang', ...flags, '-o', name, `${name}.c`, ...libraries];
  const { exitCode, stderr } = await host.run(['sh', '-c', BUILD, 'sh', directory, name, ...argv], {
    tried,
    input: source,
    signal,
    timeoutMs: (BUILD_SECONDS + 10) * 1000,
  });
  if (exitCode === 0) return `${directory}/${name}`;
  if (exitCode === STILL_ROOT) throw stillRoot(host, tried, stderr);
  throw new HostError({ kind: 'compile', tried, where: host.name, words: stderr, next });
}

const BUILD_SECONDS = 50;

/**
 * $1 directory, $2 name, then the compiler; the source comes on standard input. A linker writes files: it
 * does so in a directory of its own, from which root takes nothing but bytes, and which is emptied by
 * whom it belongs to.
 */
const BUILD = `directory=$1 name=$2; shift 2
umask 077
${OWN_USER}
reserve
place=$(mktemp -d "$directory/build.XXXXXXXX") && cd "$place" || exit
[ -z "$as" ] || chown "$own:$own" . || exit
$as sh -c 'cat >"$1"' sh "$name.c" || exit
limits() { TMPDIR=. HOME=.; export TMPDIR HOME; ulimit -c 0; }
confined timeout -k 2 ${BUILD_SECONDS} "$@" >&2
code=$?
end_own || exit
[ $code != 0 ] || $as cat "./$name" >"$directory/$name" && chmod 700 "$directory/$name" || code=1
$as find . -xdev -mindepth 1 -delete
cd / && rmdir "$place"
exit $code`;
