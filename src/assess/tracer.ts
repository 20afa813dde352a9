import * as l10n from '@vscode/l10n';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readTarget, type BpfSource } from '../bypass/build.ts';
import { collectSource, directoryReader } from '../bypass/source.ts';
import { buildLibbpfTool } from '../bypass/tool.ts';
import { compileToLoad, Workbench } from '../bypass/workbench.ts';
import type { Host } from '../host/host.ts';

/** Programs for the kernel that trace, and the one that loads them and lives as long as they do. */
export interface TracerSource {
  /** Path of the loader, in its directory on a host. */
  readonly tool: string;
  readonly programs: BpfSource;
  readonly loader: Uint8Array;
}

/** @param directory of the bundled BPF C. */
export async function readTracer(
  directory: string,
  entry: string,
  tool: string,
): Promise<TracerSource> {
  const [programs, loader] = await Promise.all([
    collectSource(entry, directoryReader(directory)),
    readFile(path.join(directory, 'tools', `${tool}.c`)),
  ]);
  return { tool, programs, loader };
}

/**
 * Builds both on a host; nothing is loaded yet.
 * @returns the directory they are in, for the caller to dispose of, and the object's name there.
 */
export async function buildTracer(
  host: Host,
  { tool, programs, loader }: TracerSource,
  signal?: AbortSignal,
): Promise<{ bench: Workbench; object: string }> {
  const target = await readTarget(host, signal);
  const bench = await Workbench.open(host, target, { executable: true, signal });
  try {
    const object = await compileToLoad(bench, await bench.upload(programs, signal), signal);
    const built = { tried: l10n.t('build the observer'), signal };
    await buildLibbpfTool(host, bench.directory, { name: tool, source: loader }, built);
    return { bench, object };
  } catch (error) {
    await bench[Symbol.asyncDispose]();
    throw error;
  }
}
