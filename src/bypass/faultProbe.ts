import type { Host } from '../host/host.ts';
import type { BpfSource } from './build.ts';
import { FAULT_PROBES, socketFaults, type SocketFaults } from './faults.ts';
import { checkSemantics, fionreadFault } from './semantics.ts';

/**
 * Probes what a kernel does to programs on bypassed sockets. First without the verdict program, to see
 * whether it is needed: it costs something.
 * @returns the faults, and whether the load needs the verdict program.
 * @throws HostError
 */
export async function probeFaults(
  host: Host,
  source: BpfSource,
  probe: Uint8Array,
  signal?: AbortSignal,
): Promise<SocketFaults & { readonly verdict: boolean }> {
  const look = (verdict: boolean) =>
    checkSemantics(host, { source, probe, only: FAULT_PROBES, verdict, signal });
  const rows = await look(false);
  const verdict = fionreadFault(rows);
  return { ...socketFaults(verdict ? await look(true) : rows), verdict };
}
