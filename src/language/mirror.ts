import * as l10n from '@vscode/l10n';
import { createHash } from 'node:crypto';
import { compilerFlags, readTarget, type BpfSource, type Target } from '../bypass/build.ts';
import { BUILD_LIMITS, type BuildLimits } from '../bypass/compilerLimits.ts';
import { writeKernelTypes } from '../bypass/kernelTypes.ts';
import { compilerDirectory, notRun } from '../bypass/unprivileged.ts';
import { HostError } from '../host/errors.ts';
import { clangdVersion } from '../host/facts.ts';
import type { Host, HostProcess } from '../host/host.ts';
import { hostScript, scriptArgv } from '../host/hostScript.ts';
import type { Guard } from '../host/guard.ts';
import { archive, noUpload } from '../host/upload.ts';
import { newBoundary, parseSections } from '../host/sections.ts';

/**
 * The files that a language server on a host reads: copies of the sources in a private directory there, each
 * workspace folder below `src/N`, and the kernel's types in `include/vmlinux.h`. It goes with its
 * connection, and takes the server with it.
 */
export class Mirror implements AsyncDisposable {
  readonly host: Host;
  /** How its sources are compiled; `clangd`: its version, undefined where there is none. */
  readonly target: Target;
  /** On the host, absolute. */
  readonly directory: string;
  readonly #guard: Guard;
  /** Hashes of the contents there, by path from `src` on. */
  readonly #there = new Map<string, string>();
  #hasTypes = false;

  private constructor(host: Host, held: Guard, target: Target) {
    this.host = host;
    this.#guard = held;
    this.directory = held.line;
    this.target = target;
  }

  /** @throws HostError when the host cannot be reached or has no space. */
  static async open(host: Host, signal?: AbortSignal): Promise<Mirror> {
    const tried = l10n.t('make a directory for the language server');
    const held = await compilerDirectory(
      host,
      { setup: hostScript('mirror.sh') },
      { tried, signal },
    );
    try {
      const mirror = new Mirror(host, held, await readTarget(host, signal));
      host.own(held);
      return mirror;
    } catch (error) {
      await held[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where the sources of folder number `index` are. */
  folder(index: number): string {
    return `${this.directory}/src/${index}`;
  }

  /**
   * Makes a folder's copy hold just these files, by their relative path; only what differs travels.
   * @returns whether anything did.
   */
  async sync(
    index: number,
    files: ReadonlyMap<string, Uint8Array>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const hashes = new Map(
      Array.from(files, ([name, content]) => [`${index}/${name}`, hash(content)]),
    );
    const changed = Array.from(files).filter(
      ([name]) => this.#there.get(`${index}/${name}`) !== hashes.get(`${index}/${name}`),
    );
    const gone = Array.from(this.#there.keys()).filter(
      (name) => name.startsWith(`${index}/`) && !hashes.has(name),
    );
    if (changed.length === 0 && gone.length === 0) return false;
    // Should it fail half way, these are neither what they were nor gone.
    for (const name of gone) this.#there.set(name, '');
    await this.host.check(
      scriptArgv('mirror-sync.sh', `${this.directory}/src`, String(index), ...gone),
      {
        tried: l10n.t('copy the sources to the host'),
        input: await archive(new Map(changed)),
        signal,
        next: noUpload(),
      },
    );
    for (const name of gone) this.#there.delete(name);
    for (const [name, value] of hashes) this.#there.set(name, value);
    return true;
  }

  /**
   * Writes the kernel's types to `include/vmlinux.h`, once.
   * @returns whether it was done now.
   */
  async writeTypes(signal?: AbortSignal): Promise<boolean> {
    if (this.#hasTypes) return false;
    await writeKernelTypes(this.host, this.directory, signal);
    this.#hasTypes = true;
    return true;
  }

  /**
   * How a file of a program of a folder is compiled, as when it is verified.
   * @param file the program's own path in the folder, that of what it is linked with, or of a header.
   */
  command(index: number, program: Omit<BpfSource, 'files'>, file: string): string[] {
    const folder = this.folder(index);
    const unit = program.linked?.find(({ entry }) => entry === file) ?? program;
    return [
      'clang',
      ...compilerFlags(this.target, folder, `${this.directory}/include`, unit),
      // A header by itself would be taken for another language.
      '-x',
      'c',
      `${folder}/${file}`,
    ];
  }

  /** Starts clangd on the copy; it speaks the language server protocol on its standard streams. */
  startClangd(): HostProcess {
    return this.host.spawn(
      scriptArgv(
        'mirror-clangd.sh',
        this.directory,
        String(MEMORY_KIB),
        String(CPU_SECONDS),
        ...CLANGD,
      ),
      {
        tried: l10n.t('start clangd'),
      },
    );
  }

  /**
   * The beginning of a file of the host, as far as clangd's own account may read it: clangd says which, and
   * is sent the text when it is opened.
   */
  read(path: string, bytes: number, tried: string): Promise<string> {
    return this.host.check(scriptArgv('mirror-read.sh', this.directory, path, String(bytes)), {
      tried,
      next: l10n.t('Look at the file on the host.'),
    });
  }

  /** Output of `-fsyntax-only` for a program of the copy, in clang's words; files by their path in the folder. */
  async checkSyntax(
    index: number,
    command: readonly string[],
    {
      limits: { compileSeconds: seconds, memoryMiB } = BUILD_LIMITS,
      signal,
    }: { limits?: BuildLimits; signal?: AbortSignal } = {},
  ): Promise<{ words: string; clangd: string | undefined }> {
    const tried = l10n.t('check the syntax');
    const boundary = newBoundary();
    const { exitCode, stdout, stderr } = await this.host.run(
      scriptArgv(
        'mirror-syntax.sh',
        boundary,
        this.folder(index),
        String(memoryMiB * 1024),
        String(seconds),
        ...command,
      ),
      { tried, signal, timeoutMs: (seconds + 10) * 1000 },
    );
    const failure = notRun(this.host, tried, { exitCode, stderr });
    if (failure !== undefined) throw failure;
    const sections = new Map(parseSections(stdout, boundary).map(({ name, text }) => [name, text]));
    const words = (sections.get('clang') ?? '').replaceAll(`${this.folder(index)}/`, '');
    const status = sections.get('status') ?? '';
    if (status === '0' || status === '1') {
      return { words, clangd: clangdVersion(sections.get('clangd') ?? '') };
    }
    const isMissing = status === '126' || status === '127';
    throw new HostError({
      kind: isMissing ? 'not-found' : 'compile',
      tried,
      where: this.host.name,
      words:
        status === '124'
          ? l10n.t('not finished after {0} s', seconds)
          : `${words}\nexit code ${status}`,
      next: isMissing
        ? l10n.t('Install clang on the host, where every account may run it.')
        : l10n.t('Look for an include or a macro that has no end.'),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guard[Symbol.asyncDispose]();
  }
}

/**
 * A source can make any compiler read or compute without end: more memory than this, or so much time in
 * all, is the end of the server, and another one is started.
 */
const MEMORY_KIB = 6 * 1024 * 1024;
const CPU_SECONDS = 3600;
/** Nothing is read but the copy and the host's headers: neither settings of others nor of the account. */
const CLANGD = [
  'clangd',
  '--compile-commands-dir=.',
  '--enable-config=false',
  '--background-index=false',
  '--clang-tidy=false',
  // vmlinux.h and the kernel's headers exclude each other: includes are the person's choice.
  '--header-insertion=never',
  '--completion-style=detailed',
  '--pch-storage=memory',
  '-j=2',
  '--log=error',
];

const hash = (content: Uint8Array): string => createHash('sha256').update(content).digest('base64');
