import * as l10n from '@vscode/l10n';
import { isCancelled } from '../host/errors.ts';
import type { Host } from '../host/host.ts';
import type { BpfSource } from './build.ts';
import { FAULT_PROBES, socketFaults, type SocketFaults } from './faults.ts';
import { checkSemantics, fionreadFault } from './semantics.ts';
import { findSpliceReaders, type SpliceReader } from './spliceReaders.ts';

export interface Probed extends SocketFaults {
  /** Whether the load needs the verdict program. */
  readonly verdict: boolean;
  /** Why not all is known; undefined: it is. */
  readonly doubt: string | undefined;
}

/**
 * Probes what a kernel does to programs on bypassed sockets. First without the verdict program, to see
 * whether it is needed: it costs something. That the probe cannot run is no reason not to load.
 * @throws HostError where it is cancelled.
 */
export async function probeFaults(
  host: Host,
  source: BpfSource,
  probe: Uint8Array,
  signal?: AbortSignal,
): Promise<Probed> {
  const look = (verdict: boolean) =>
    checkSemantics(host, { source, probe, only: FAULT_PROBES, verdict, signal });
  try {
    const rows = await look(false);
    const verdict = fionreadFault(rows);
    const { faults, certain } = socketFaults(verdict ? await look(true) : rows);
    const doubt = certain ? undefined : l10n.t('not every probe finished');
    return { faults, certain, verdict, doubt };
  } catch (error) {
    if (isCancelled(error)) throw error;
    return { faults: [], certain: false, verdict: true, doubt: reasonOf(error) };
  }
}

/**
 * The processes of cgroups that are known to suffer from the faults. That nobody can look is no reason not to load.
 * @param faults ids.
 * @throws HostError where it is cancelled.
 */
export async function knownReaders(
  host: Host,
  cgroups: readonly string[],
  faults: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly readers: readonly SpliceReader[]; readonly doubt?: string }> {
  try {
    if (!faults.includes('splice')) return { readers: [] };
    return { readers: await findSpliceReaders(host, cgroups, signal) };
  } catch (error) {
    if (isCancelled(error)) throw error;
    return { readers: [], doubt: reasonOf(error) };
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
