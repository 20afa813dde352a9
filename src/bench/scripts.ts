import { SECTION } from '../host/sections.ts';

/**
 * Two cgroups, each with a netserver on loopback: one below the bypass, one outside of it.
 * $1 parent for the bypass arms, $2 parent for the TCP arms, $3 name of both. Prints their ports.
 */
export const BENCH_SETUP = `bypass=$1/$3 baseline=$2/$3 port=
listens() { grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; }
serve() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    # Below the ephemeral ports, which connections of others take.
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    listens $port && continue
    { echo 0 >"$1/cgroup.procs" && exec netserver -D -p $port -L 127.0.0.1; } </dev/null >/dev/null 2>&1 &
    server=$!
    for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      listens $port && kill -0 $server 2>/dev/null && return 0
      kill -0 $server 2>/dev/null || break
      sleep 0.1
    done
  done
  echo 'netserver did not start' >&2
  return 1
}
mkdir "$bypass" && mkdir "$baseline" && serve "$bypass" && first=$port && serve "$baseline" || { undo; exit 1; }
printf '%s %s\\n' "$first" "$port"`;

/** Ends what runs in the two cgroups, by the pids the cgroups themselves list, and removes them. */
export const BENCH_UNDO = `for cgroup in "$bypass" "$baseline"; do
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -d "$cgroup" ] || break
    while read -r pid; do kill -s KILL "$pid" 2>/dev/null; done <"$cgroup/cgroup.procs"
    rmdir "$cgroup" 2>/dev/null || sleep 0.1
  done
done`;

/**
 * Takes one sample, with the counters around it. $1 boundary, $2 cgroup, $3 pinned counters or "",
 * then netperf's argv. Exits with netperf's code.
 */
export const SAMPLE = `${SECTION}
cgroup=$1 counters=$2; shift 2
around() {
  section "loopback $1"; cat /sys/class/net/lo/statistics/tx_bytes
  section "counters $1"; [ -z "$counters" ] || bpftool -j map dump pinned "$counters"
}
around before
section netperf
(echo 0 >"$cgroup/cgroup.procs" && exec "$@"); code=$?
around after
section end
exit $code`;
