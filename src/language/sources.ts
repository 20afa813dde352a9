import path from 'node:path';
import * as vscode from 'vscode';
import type { BpfSource } from '../bypass/build.ts';
import { BUILD_LIMITS, type BuildLimits } from '../bypass/compilerLimits.ts';
import { wantsKernelTypes } from '../bypass/kernelTypes.ts';
import { folderReader, rootOf } from '../workspace/folders.ts';
import type { Mirror } from './mirror.ts';
import type { Paths } from './paths.ts';

/** Reads the program of a file as the editors have it. */
export type ReadProgram = (uri: vscode.Uri) => Promise<BpfSource>;

/** Compile commands for clangd, by path on the host. */
export type CompileCommands = Record<
  string,
  { readonly workingDirectory: string; readonly compilationCommand: readonly string[] }
>;

export interface Update {
  /** Whether the host has files it had not before. */
  readonly isNew: boolean;
  /** Why programs could not be read; what was there of them stays. */
  readonly failures: readonly unknown[];
}

interface Known {
  readonly index: number;
  readonly program: BpfSource;
}

/** Keeps the host's copy of the programs that are open, and of what they include, in step. */
export class Sources {
  readonly #mirror: Mirror;
  readonly #paths: Paths;
  readonly #read: ReadProgram;
  readonly #open = new Set<string>();
  /** Those of the open programs that could be read, by URI. */
  readonly #known = new Map<string, Known>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param read a program, with the texts that the editors have. */
  constructor(mirror: Mirror, paths: Paths, read: ReadProgram) {
    this.#mirror = mirror;
    this.#paths = paths;
    this.#read = read;
  }

  add(uri: vscode.Uri): void {
    this.#open.add(uri.toString());
  }

  remove(uri: vscode.Uri): void {
    this.#open.delete(uri.toString());
    this.#known.delete(uri.toString());
  }

  /** Whether a file is one of a program's, so that it is known how it is compiled. */
  has(uri: vscode.Uri): boolean {
    const place = this.#paths.locate(uri);
    return Array.from(this.#known.values()).some(
      ({ index, program }) => index === place?.index && program.files.has(place.name),
    );
  }

  /**
   * Reads the programs anew and copies what has changed; one update at a time.
   * @throws HostError when the host does not take it.
   */
  update(): Promise<Update> {
    const next = this.#last.then(() => this.#update());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #update(): Promise<Update> {
    const failures: unknown[] = [];
    for (const key of this.#open) {
      const uri = vscode.Uri.parse(key);
      const place = this.#paths.locate(uri);
      try {
        const program = await this.#read(uri);
        if (place !== undefined && this.#open.has(key)) {
          this.#known.set(key, { index: place.index, program });
          for (const name of program.files.keys()) {
            this.#paths.share({ index: place.index, name });
          }
        }
      } catch (error) {
        failures.push(error);
      }
    }
    const folders = new Map<number, Map<string, Uint8Array>>();
    for (const [key, { index, program }] of this.#known) {
      const files = folders.get(index) ?? new Map<string, Uint8Array>();
      const styles = await styleFiles(vscode.Uri.parse(key));
      for (const [name, content] of [...program.files, ...styles]) files.set(name, content);
      folders.set(index, files);
    }
    let isNew = false;
    for (const [index, files] of folders) {
      if (wantsKernelTypes(files)) isNew = (await this.#mirror.writeTypes()) || isNew;
      isNew = (await this.#mirror.sync(index, files)) || isNew;
    }
    return { isNew, failures };
  }

  /** For every file of the programs; a header gets the flags of the first that includes it. */
  commands(): CompileCommands {
    const commands: CompileCommands = {};
    for (const { index, program } of this.#known.values()) {
      for (const name of program.files.keys()) {
        commands[`${this.#mirror.folder(index)}/${name}`] ??= {
          workingDirectory: this.#mirror.folder(index),
          compilationCommand: this.#mirror.command(index, program, name),
        };
      }
    }
    return commands;
  }

  /** How a program itself is compiled, in which folder of the mirror, of what; undefined if it could not be read. */
  commandOf(
    uri: vscode.Uri,
  ):
    | { index: number; command: string[]; files: BpfSource['files']; limits: BuildLimits }
    | undefined {
    const known = this.#known.get(uri.toString());
    if (known === undefined) return undefined;
    const { index, program } = known;
    const { entry, files, limits = BUILD_LIMITS } = program;
    return { index, command: this.#mirror.command(index, program, entry), files, limits };
  }

  /** Seconds that the compiler may take for the program that may take longest. */
  longestSeconds(): number {
    const seconds = Array.from(
      this.#known.values(),
      ({ program: { limits = BUILD_LIMITS } }) => limits.compileSeconds,
    );
    return seconds.length === 0 ? BUILD_LIMITS.compileSeconds : Math.max(...seconds);
  }
}

const STYLE = '.clang-format';
/** A larger one is none. */
const STYLE_BYTES = 64 * 1024;

/** The .clang-format files that count for a program: of its directory and those above, up to the folder. */
async function styleFiles(uri: vscode.Uri): Promise<[string, Uint8Array][]> {
  const root = rootOf(uri);
  const read = folderReader(root);
  const names: string[] = [];
  for (
    let at = path.posix.dirname(uri.path);
    at.startsWith(root.path);
    at = path.posix.dirname(at)
  ) {
    names.push(path.posix.join(path.posix.relative(root.path, at), STYLE));
    if (at === root.path) break;
  }
  const found = await Promise.all(names.map(async (name) => [name, await read(name)] as const));
  return found.flatMap(([name, content]) =>
    content instanceof Uint8Array && content.length <= STYLE_BYTES ? [[name, content]] : [],
  );
}
