import path from 'node:path';
import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { upload } from '../host/scratch.ts';
import { settled } from '../host/settled.ts';
import { wantsKernelTypes, writeKernelTypes } from './kernelTypes.ts';
import { NOT_AS_ROOT, STILL_ROOT, stillRoot } from './nobody.ts';

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
  await settled([
    upload(host, directory, files, signal),
    ...(wantsKernelTypes(files) ? [writeKernelTypes(host, directory, signal)] : []),
  ]);
  const object = `${directory}/${entry.replace(/\.c$/, '')}.o`;
  // From inside: nobody, who may compile it, need not be let into the directories above.
  const argv = [
    ...['clang', ...clangFlags(architecture, '.', source.defines)],
    ...['-c', entry, '-o', '-'],
  ];
  const { exitCode, stderr } = await host.run(
    ['sh', '-c', COMPILE, 'sh', directory, object, ...argv],
    { tried, signal, timeoutMs: (COMPILE_SECONDS + 10) * 1000 },
  );
  if (exitCode === 0) return object;
  if (exitCode === STILL_ROOT) throw stillRoot(host, tried, stderr);
  const words = stderr.replaceAll(`${directory}/`, '');
  throw new HostError({
    kind: 'compile',
    tried,
    where: host.name,
    words: exitCode === 124 ? `no end after ${COMPILE_SECONDS} s\n${words}` : words,
    next: 'Mend the source, then try again.',
  });
}

/** A source that takes longer to compile than this is none of a BPF program. */
const COMPILE_SECONDS = 30;

/**
 * $1 directory, $2 object, then the compiler, which writes to its standard output: what root loads is
 * written by nobody else, and a source makes the compiler neither read as root nor work without end.
 */
const COMPILE = `directory=$1 object=$2; shift 2
cd "$directory" || exit
[ "$(id -u)" != 0 ] || chmod -R go=rX . 2>/dev/null
${NOT_AS_ROOT}
ulimit -c 0; ulimit -S -v 2097152; ulimit -S -f 65536
exec timeout -k 2 ${COMPILE_SECONDS} "$@" </dev/null >"$object"`;
