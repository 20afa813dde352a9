import { HostError } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import { upload } from '../host/scratch.ts';
import { settled } from '../host/settled.ts';

/** BPF C to build: the program's file and every file it may include, by plain name. */
export interface BpfSource {
  readonly entry: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Macros to define. */
  readonly defines?: Readonly<Record<string, number>>;
}

/** A compile that takes longer than this is not one of a BPF program. */
const COMPILE_TIMEOUT_MS = 30_000;

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
  const wanted = Array.from(files.values()).some((content) =>
    Buffer.from(content).includes('"vmlinux.h"'),
  );
  const generate = wanted && !files.has('vmlinux.h');
  await settled([
    upload(host, directory, files, signal),
    ...(generate ? [dumpVmlinux(host, directory, signal)] : []),
  ]);
  const object = `${directory}/${entry.replace(/\.c$/, '')}.o`;
  const argv = [
    'clang',
    ...clangFlags(architecture, directory, source.defines),
    '-c',
    `${directory}/${entry}`,
    '-o',
    object,
  ];
  const { exitCode, stderr } = await host.run(argv, {
    tried,
    signal,
    timeoutMs: COMPILE_TIMEOUT_MS,
  });
  if (exitCode === 0) return object;
  throw new HostError({
    kind: 'compile',
    tried,
    where: host.name,
    words: stderr.replaceAll(`${directory}/`, ''),
    next: 'Mend the source, then try again.',
  });
}

async function dumpVmlinux(host: Host, directory: string, signal?: AbortSignal): Promise<void> {
  const script = 'bpftool btf dump file /sys/kernel/btf/vmlinux format c >"$1/vmlinux.h"';
  await host.check(['sh', '-c', script, 'sh', directory], {
    tried: "write the kernel's types to vmlinux.h",
    signal,
    next: 'Check that the kernel carries BTF.',
  });
}
