import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { allSettledOrThrow } from '../host/allSettledOrThrow.ts';
import { HostError } from '../host/errors.ts';
import type { Guard } from '../host/guard.ts';
import type { Host } from '../host/host.ts';
import { hostScript, scriptArgv } from '../host/hostScript.ts';
import type { Kept } from '../host/keeper.ts';
import { archive, noUpload } from '../host/upload.ts';
import { compilerFlags, type BpfSource, type Target, type Unit } from './build.ts';
import { link } from './link.ts';
import { BUILD_LIMITS, compilerFailure, compilerTooSlow } from './compilerLimits.ts';
import { wantsKernelTypes, writeKernelTypes } from './kernelTypes.ts';
import { compilerDirectory, notRun } from './unprivileged.ts';

/** A source on the host, ready to be compiled. */
export interface Uploaded {
  readonly source: BpfSource;
  /** In the workbench, for this source alone; its files lie in `src` below it. */
  readonly directory: string;
}

export interface Compiled {
  /** clang's words, warnings too; files by their path in the source. */
  readonly words: string;
  /** The linker's words, where it objects to the objects. */
  readonly linker?: string | undefined;
  /** The file that clang's last words are about. */
  readonly unit: string;
  /** Undefined where clang or the linker objects to the source. */
  readonly object: { readonly path: string; readonly bytes: Uint8Array } | undefined;
}

/** An object of a BPF program has no more. */
const OUTPUT_MIB = 32;

interface CompileOptions {
  /** Whether a program reads clang's words, rather than a person. */
  readonly isParsed: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** For a program that reads what clang says: one line a message, with its range. */
const PARSEABLE = [
  '-fno-color-diagnostics',
  '-fno-caret-diagnostics',
  '-fdiagnostics-print-source-range-info',
  // They tell where the stack is used that the code generator refuses without a place (verifier/clang.ts).
  '-Wvla',
  '-Walloca',
  '-Wno-error=vla',
  '-Wno-error=alloca',
];

/**
 * A private directory on a host in which sources are compiled, not as root: the one way from a source to an
 * object, for loading as for verifying. A load makes one for itself; the verifier keeps one as long as the
 * connection lives.
 */
export class Workbench implements Kept {
  readonly host: Host;
  readonly target: Target;
  /** On the host, absolute. */
  readonly directory: string;
  readonly #guard: Guard;

  private constructor(host: Host, target: Target, guard: Guard) {
    this.host = host;
    this.target = target;
    this.directory = guard.line;
    this.#guard = guard;
  }

  /**
   * @param options executable: whether programs will be run from it.
   * @throws HostError where there is no place for it, or the compiler would be root.
   */
  static async open(
    host: Host,
    target: Target,
    options: { executable?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<Workbench> {
    const tried = l10n.t('make a directory to compile in');
    const { executable = false, signal } = options;
    const args = [executable ? 'yes' : 'no'];
    const script = { setup: hostScript('workbench.sh'), args };
    return new Workbench(host, target, await compilerDirectory(host, script, { tried, signal }));
  }

  /** @throws HostError where the host does not take it. */
  async upload(source: BpfSource, signal?: AbortSignal): Promise<Uploaded> {
    const [text] = await allSettledOrThrow([
      this.host.check(scriptArgv('workbench-unpack.sh', this.directory), {
        tried: l10n.t('upload {0}', source.entry),
        input: await archive(source.files),
        signal,
        next: noUpload(),
      }),
      wantsKernelTypes(source.files)
        ? writeKernelTypes(this.host, this.directory, signal)
        : Promise.resolve(),
    ]);
    return { source, directory: text.trim() };
  }

  /**
   * Makes the object of a source; where it is linked, of those of its files.
   * @throws HostError where clang ends without an opinion of the source, or the host cannot link.
   */
  async compile(uploaded: Uploaded, options: CompileOptions): Promise<Compiled> {
    const { source, directory } = uploaded;
    const object = `${directory}/${path.posix.basename(source.entry, '.c')}.o`;
    if (source.linked === undefined) return this.#compileUnit(uploaded, source, object, options);
    let words = '';
    const objects: string[] = [];
    for (const [index, unit] of source.linked.entries()) {
      const made = `${directory}/unit-${index}.o`;
      const compiled = await this.#compileUnit(uploaded, unit, made, options);
      words += compiled.words;
      if (compiled.object === undefined) return { ...compiled, words };
      objects.push(made);
    }
    const { signal } = options;
    return { words, unit: source.entry, ...(await link(this, uploaded, objects, object, signal)) };
  }

  async #compileUnit(
    { source, directory }: Uploaded,
    unit: Unit,
    object: string,
    { isParsed, signal }: CompileOptions,
  ): Promise<Compiled> {
    const { host } = this;
    const { entry } = unit;
    const tried = l10n.t('compile {0}', entry);
    const src = `${directory}/src`;
    const argv = [
      'clang',
      ...compilerFlags(this.target, src, this.#types, unit),
      ...(isParsed ? PARSEABLE : []),
      // The same object of the same source, wherever it lies: files by their path in the source.
      `-ffile-prefix-map=${src}=.`,
      `-ffile-prefix-map=${this.#types}=vmlinux`,
      '-fno-crash-diagnostics',
      '-c',
      `${src}/${entry}`,
      '-o',
      '-',
    ];
    const { compileSeconds: seconds, memoryMiB } = source.limits ?? BUILD_LIMITS;
    const limits = [seconds, memoryMiB * 1024, OUTPUT_MIB].map(String);
    const { exitCode, stdout, stderr } = await host
      .run(scriptArgv('workbench-compile.sh', directory, object, ...limits, ...argv), {
        tried,
        signal,
        timeoutMs: (seconds + 10) * 1000,
        maxMiB: 2 * OUTPUT_MIB,
      })
      .catch((error: unknown) => {
        if (!(error instanceof HostError) || error.problem.kind !== 'timeout') throw error;
        throw compilerTooSlow(host.name, tried, seconds, error.problem.words);
      });
    const words = stderr.replaceAll(`${src}/`, '');
    if (exitCode === 0) {
      return { words, unit: entry, object: { path: object, bytes: Buffer.from(stdout, 'base64') } };
    }
    const failure =
      notRun(host, tried, { exitCode, stderr }) ??
      compilerFailure(
        host.name,
        tried,
        { exitCode, stderr: words },
        { seconds, memoryMiB, outputMiB: OUTPUT_MIB },
      );
    if (failure !== undefined) throw failure;
    return { words, unit: entry, object: undefined };
  }

  /** Removes what was made of a source; it goes with the workbench at the latest. */
  async remove({ directory }: Uploaded): Promise<void> {
    await this.host
      .run(scriptArgv('workbench-remove.sh', this.directory, path.posix.basename(directory)), {
        tried: l10n.t('remove the upload'),
      })
      .catch(() => undefined);
  }

  lost(): boolean {
    return this.#guard.lost();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guard[Symbol.asyncDispose]();
  }

  get #types(): string {
    return `${this.directory}/include`;
  }
}

/**
 * Compiles a source for loading.
 * @returns the object's path on the host.
 * @throws HostError of kind `compile` with clang's words.
 */
export async function compileToLoad(
  bench: Workbench,
  uploaded: Uploaded,
  signal?: AbortSignal,
): Promise<string> {
  const { words, linker, object } = await bench.compile(uploaded, { isParsed: false, signal });
  if (object !== undefined) return object.path;
  throw new HostError({
    kind: 'compile',
    tried: l10n.t('compile {0}', uploaded.source.entry),
    where: bench.host.name,
    words: linker ?? words,
    next: l10n.t('Fix the source and try again.'),
  });
}
