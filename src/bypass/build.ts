import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { bpftoolVersion, clangdVersion, type Facts } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { atLeast } from '../host/issues.ts';
import { newBoundary, parseSections } from '../host/sections.ts';
import { oneLine } from '../text.ts';
import type { BuildLimits } from './compilerLimits.ts';
import { headersOf } from './libbpf.ts';

/** One file that the compiler makes an object of, by plain path, and how. */
export interface Unit {
  readonly entry: string;
  /** Macros to define, with their numbers. */
  readonly defines?: Readonly<Record<string, number>>;
  /** Directories searched for headers, beside that of the entry: of the source or, absolute, of the host. */
  readonly include?: readonly string[];
  /** Headers read before the source: of the source or, absolute, of the host. */
  readonly preincluded?: readonly string[];
  /** Where an administrator has installed a libbpf on the host: its headers count, not the host's. */
  readonly libbpf?: string;
  /** Further flags, checked (flags/accepted.ts): they name no file. */
  readonly flags?: readonly string[];
}

/** BPF C to build: the program's file and every file it may include, by plain path, and how to build it. */
export interface BpfSource extends Unit {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** All whose objects are linked into one, itself among them, in this order; where it is not by itself. */
  readonly linked?: readonly Unit[];
  /** The usual ones where it has none. */
  readonly limits?: BuildLimits;
  /** Sentences about what of the project's own flags was left out. */
  readonly remarks?: readonly string[];
}

/** The facts of a host that decide how sources are compiled for it. */
export type Target = Pick<Facts, 'architecture' | 'kernel' | 'bpftool' | 'clangd'>;

/** For what needs no other facts, nor root. */
export async function readTarget(host: Host, signal?: AbortSignal): Promise<Target> {
  const boundary = newBoundary();
  const { stdout } = await host.run(scriptArgv('target.sh', boundary), {
    tried: l10n.t('read the versions of kernel and compilers'),
    signal,
  });
  const sections = new Map(parseSections(stdout, boundary).map(({ name, text }) => [name, text]));
  return {
    architecture: sections.get('architecture') ?? '',
    kernel: oneLine(sections.get('kernel') ?? '', 100),
    bpftool: bpftoolVersion(sections.get('bpftool') ?? ''),
    clangd: clangdVersion(sections.get('clangd') ?? ''),
  };
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

/**
 * The compiler's flags for a source that lies in a directory of the host; its headers get the same. There is
 * no other place that knows them: what is verified, what clangd reads and what is loaded are one program.
 * @param types the directory of vmlinux.h.
 */
export const compilerFlags = (
  target: Target,
  directory: string,
  types: string,
  { entry, defines = {}, include = [], preincluded = [], libbpf, flags = [] }: Unit,
): string[] => {
  // Resolved: the compiler calls a file by the directory it was found in, word for word.
  const there = (one: string) => path.posix.resolve(directory, one);
  return [
    ...common(target, { ...conditions(target), ...defines }, [
      // Before the source's own directory, which may hold an older copy.
      ...(libbpf === undefined ? [] : [headersOf(libbpf)]),
      there(path.posix.dirname(entry)),
      ...include.map(there),
      types,
    ]),
    // Last: of flags that contradict each other the last one counts.
    ...flags,
    ...preincluded.flatMap((one) => ['-include', there(one)]),
  ];
};

/** Those for the host's own headers, which belong to no source. */
export const headerFlags = (target: Target, types: string): string[] =>
  common(target, conditions(target), [types]);

const common = (
  { architecture }: Target,
  defines: Readonly<Record<string, number>>,
  include: readonly string[],
): string[] => [
  '-O2',
  '-g',
  '-target',
  'bpf',
  `-D__TARGET_ARCH_${TARGET_ARCH[architecture] ?? architecture}`,
  ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`),
  ...include.map((one) => `-I${one}`),
  // <asm/types.h>, which the kernel's headers include, lies here on Debian and its kin.
  '-idirafter',
  `/usr/include/${architecture}-linux-gnu`,
];

/** Macros of compat.h for a kernel, and for the libbpf in bpftool, which looks for what it would call. */
const conditions = ({ kernel, bpftool = '' }: Target): Readonly<Record<string, number>> =>
  atLeast(kernel, '5.16') && atLeast(bpftool, '5.16') ? {} : { LOADS_DIRECTLY: 0 };
