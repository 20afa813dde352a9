import type { Host } from '../host/host.ts';
import { isNetwork } from './config.ts';

/** Addresses of a host that its programs are told, within bounds. */
export interface HostAddresses {
  readonly addresses: readonly string[];
  /** Whether there are more: connections to those stay on TCP. */
  readonly capped: boolean;
}

/*
 * Any user can make network namespaces with any number of addresses, also in a cgroup that is loaded on.
 * So the host's own come first, then those of namespaces that an administrator's containers have, and last
 * those in user namespaces of others; each of them in part when there are too many.
 */
const MOST = { addresses: 4096, inNamespace: 256, namespaces: 256, seconds: 10 } as const;

/**
 * Prints the addresses of init's network namespace and of those that processes of a cgroup, and of
 * cgroups below it, are in. The kernel's own tables are read, because `ip` may be missing and would have to
 * enter each. $1 cgroup, $2 most addresses, $3 of a namespace but init's, $4 most namespaces, $5 seconds.
 * Prints one a line, IPv6 as 32 hexadecimal digits, and "more" where that is not all.
 */
const ADDRESSES = `cgroup=$1 most=$2 each=$3 namespaces=$4
read -r now _ </proc/uptime; end=$((\${now%.*} + $5))
{ echo 1; find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null; } |
sed 's|.*|/proc/&/ns/net /proc/&/ns/user|' | xargs stat -c %N 2>/dev/null |
awk -F"'" '
{ split($2, path, "/") }
path[5] == "net" { process = path[3]; net = $4; next }
process != path[3] { next }
process == 1 { user = $4 }
!seen[net]++ { print process == 1 ? 0 : $4 == user ? 1 : 2, ++count, process }' |
sort -n -k 1,1 -k 2,2 |
awk -v most="$namespaces" 'NR > most { print "more"; exit } { print $3 }' |
while read -r process; do
  read -r now _ </proc/uptime
  [ "$process" != more ] && [ "\${now%.*}" -lt "$end" ] || { echo more; break; }
  limit=$each; [ "$process" != 1 ] || limit=$most
  timeout 2 cat "/proc/$process/net/fib_trie" "/proc/$process/net/if_inet6" 2>/dev/null |
  awk -v limit="$limit" '
  function found(address) {
    if (seen[address]++) return
    if (++count > limit) { print "more"; exit }
    print address
  }
  $1 == "|--" { leaf = $2; next }
  $1 == "/32" && $2 == "host" && $3 == "LOCAL" { found(leaf) }
  NF == 6 && length($1) == 32 { found($1) }'
done; true`;

/** @param text output of ADDRESSES. */
export function parseAddresses(text: string): HostAddresses {
  const found = new Set<string>();
  for (const line of text.split('\n')) {
    if (/^\d+\.\d+\.\d+\.\d+$/.test(line) && isNetwork(line)) found.add(line);
    if (/^[0-9a-f]{32}$/.test(line)) found.add(line.replace(/(.{4})(?=.)/g, '$1:'));
  }
  return {
    addresses: Array.from(found).slice(0, MOST.addresses),
    capped: found.size > MOST.addresses || /^more$/m.test(text),
  };
}

/** What counts as the host for a cgroup; needs root. */
export async function hostAddresses(
  host: Host,
  cgroup: string,
  signal: AbortSignal | undefined,
): Promise<HostAddresses> {
  const most = Object.values(MOST).map(String);
  const text = await host.check(['sh', '-c', ADDRESSES, 'sh', cgroup, ...most], {
    tried: "read the host's addresses",
    root: true,
    signal,
  });
  return parseAddresses(text);
}
