import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';
import { isNetwork } from './config.ts';

/** Addresses of a host that its programs are told, within bounds. */
export interface HostAddresses {
  readonly addresses: readonly string[];
  /** Whether there are more: connections to those stay on TCP. */
  readonly capped: boolean;
}

/** Those that the programs are told; `sockmap-bypassctl addresses` bounds what it prints likewise. */
const MOST = 4096;

/** @param text output of `sockmap-bypassctl addresses`. */
export function parseAddresses(text: string): HostAddresses {
  const found = new Set<string>();
  for (const line of text.split('\n')) {
    if (/^\d+\.\d+\.\d+\.\d+$/.test(line) && isNetwork(line)) found.add(line);
    if (/^[0-9a-f]{32}$/.test(line)) found.add(line.replace(/(.{4})(?=.)/g, '$1:'));
  }
  return {
    addresses: Array.from(found).slice(0, MOST),
    capped: found.size > MOST || /^more$/m.test(text),
  };
}

/** The addresses that count as the host for a cgroup; needs root. */
export async function hostAddresses(
  host: Host,
  cgroup: string,
  signal: AbortSignal | undefined,
): Promise<HostAddresses> {
  const text = await host.check(scriptArgv('ctl_addresses', 'namespace', cgroup), {
    tried: "read the host's addresses",
    root: true,
    signal,
  });
  return parseAddresses(text);
}
