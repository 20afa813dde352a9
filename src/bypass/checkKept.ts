import { checkHost, type HostCheck } from '../host/check.ts';
import type { Host } from '../host/host.ts';
import type { Kept } from './attachment.ts';
import { keptPlaces } from './keptWords.ts';
import { socketIssues } from './socketUnits.ts';
import { readStatus } from './status.ts';

/** Findings with which nothing can be read of what is kept. */
const UNREADABLE: readonly string[] = ['privilege', 'bpftool', 'cgroup2', 'bpffs'];

export interface KeptCheck extends HostCheck {
  /** Bypasses that the host keeps across reboots; empty also where only root could look. */
  readonly kept: readonly Kept[];
}

/**
 * Looks at a host, and what it keeps.
 * @throws HostError
 */
export async function checkHostAndKept(host: Host, signal?: AbortSignal): Promise<KeptCheck> {
  const check = await checkHost(host, signal);
  if (check.findings.some(({ id }) => UNREADABLE.includes(id))) return { ...check, kept: [] };
  const { kept = [] } = await readStatus(host, signal);
  const places = kept.flatMap(keptPlaces);
  const findings = [...check.findings, ...(await socketIssues(host, places, signal))];
  return { ...check, findings, kept };
}
