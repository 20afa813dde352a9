import * as l10n from '@vscode/l10n';
import { createHash } from 'node:crypto';
import { readTarget } from '../bypass/build.ts';
import { findLibbpf } from '../bypass/libbpf.ts';
import { buildLibbpfTool } from '../bypass/tool.ts';
import { Workbench } from '../bypass/workbench.ts';
import type { Host } from '../host/host.ts';
import type { Key } from '../host/keeper.ts';

/** A workbench with the program that talks to the verifier. */
export interface Helper {
  readonly bench: Workbench;
  /** The program's name in the workbench's directory. */
  readonly program: string;
}

/** Stays on a host between verifications. */
const WORKBENCH: Key<Workbench> = { name: 'workbench' };

/** Those of a workbench by their names, one for each libbpf that is in them. */
const programs = new WeakMap<Workbench, Map<string, Promise<string>>>();

/**
 * Builds the program where it is not there yet. Not cancellable: it is needed the next time.
 * @param tool `bpf/tools/verify.c`.
 * @param options libbpf: a prefix on the host; its own where it is undefined.
 * @throws HostError also where that is no libbpf which root may use.
 */
export async function openHelper(
  host: Host,
  tool: Uint8Array,
  { libbpf: prefix, signal }: { libbpf?: string | undefined; signal?: AbortSignal | undefined },
): Promise<Helper> {
  await host.becomeRoot(signal);
  // Each time: an administrator may have installed another one.
  const libbpf = prefix === undefined ? undefined : await findLibbpf(host, prefix, signal);
  const bench = await host.keep(WORKBENCH, async () =>
    Workbench.open(host, await readTarget(host), { executable: true }),
  );
  const built = programs.get(bench) ?? new Map<string, Promise<string>>();
  programs.set(bench, built);
  const name = libbpf === undefined ? 'verify' : `verify-${hash(libbpf.library + libbpf.state)}`;
  const there = built.get(name);
  if (there !== undefined) return { bench, program: await there };
  const building = buildLibbpfTool(
    host,
    bench.directory,
    { name, source: tool },
    { tried: l10n.t('build the verification helper'), libbpf },
  ).then(() => name);
  built.set(name, building);
  try {
    return { bench, program: await building };
  } catch (error) {
    built.delete(name);
    throw error;
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
