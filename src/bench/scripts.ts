import { SECTION } from '../host/sections.ts';

/** What is said where somebody else measures for the same document, by BENCH_SETUP too. */
export const UNDER_WAY = 'its run is still under way';

/**
 * A cgroup with a netserver on loopback for each kind of arm. The cgroups as arguments; $1 is where
 * programs are pinned, by the numbers of their cgroups. Prints the netservers' ports, in order.
 * A cgroup that is there is another writer's of the same document; one that was cut off needs a moment
 * to go.
 */
export const BENCH_SETUP = `root=$1 cgroups= ports= port=
shift
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
for cgroup; do
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    [ -d "$cgroup" ] || break
    sleep 0.5
  done
  [ ! -d "$cgroup" ] || { echo "${UNDER_WAY}, in $cgroup" >&2; undo; exit 1; }
  mkdir "$cgroup" || { undo; exit 1; }
  # No cgroup has a line break in its name.
  cgroups="$cgroups$cgroup
"
  serve "$cgroup" || { undo; exit 1; }
  ports="$ports $port"
done
printf '%s\\n' "$ports"`;

/**
 * Ends what runs in the cgroups, by the pids they list themselves, and removes them: the kernel then
 * detaches what the run loaded there. Last its pins, in whatever state a load left them.
 */
export const BENCH_UNDO = `printf %s "$cgroups" | while IFS= read -r cgroup; do
  id=$(stat -c %i "$cgroup")
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -d "$cgroup" ] || break
    while read -r pid; do kill -s KILL "$pid" 2>/dev/null; done <"$cgroup/cgroup.procs"
    rmdir "$cgroup" 2>/dev/null || sleep 0.1
  done
  [ -z "$id" ] || (set +f; rm -rf "$root/$id" "$root/$id"_????????)
done
rmdir "$root" 2>/dev/null`;

/**
 * Has the kernel measure the run time of BPF programs, unless somebody has that on already; two runs
 * take turns. Between reading and restoring the switch nobody else of ours can change it.
 */
export const TIMING_SETUP = `switch=/proc/sys/kernel/bpf_stats_enabled before=1
exec 9<"$switch" || exit 1
! command -v flock >/dev/null || flock 9
before=$(cat "$switch") || exit 1
[ "$before" != 0 ] || echo 1 >"$switch" || exit 1
echo on`;

export const TIMING_UNDO = `[ "$before" != 0 ] || echo 0 >"$switch"`;

/**
 * Takes one sample, with the counters around it. $1 boundary, $2 cgroup, $3 the programs' pins or
 * "", then netperf's argv. Exits with netperf's code.
 */
export const SAMPLE = `${SECTION}
cgroup=$1 pins=$2; shift 2
programs() {
  section "redirect $1"; bpftool -j prog show pinned "$pins/sockmap_redirect"
  section "sockops $1"; bpftool -j prog show pinned "$pins/sockmap_sockops"
  counters "$1"
}
counters() { section "counters $1"; bpftool -j map dump pinned "$pins/bypass_counters"; }
around() {
  section "cpu $1"; head -n 1 /proc/stat
  section "loopback $1"; cat /sys/class/net/lo/statistics/tx_bytes
}
[ -z "$pins" ] || counters idle
section load; cat /proc/loadavg
[ -z "$pins" ] || programs before
around before
section netperf
(echo 0 >"$cgroup/cgroup.procs" && exec "$@"); code=$?
around after
[ -z "$pins" ] || programs after
section end
exit $code`;

/** What of a host decides how fast it is, and how steadily; and which machine it is. $1 boundary. */
export const SPEED = `${SECTION}
section governor; cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor
section no_turbo; cat /sys/devices/system/cpu/intel_pstate/no_turbo
section boost; cat /sys/devices/system/cpu/cpufreq/boost
section cpu; grep -m 1 '^model name' /proc/cpuinfo
section virtual; grep -q -m 1 '^flags.* hypervisor' /proc/cpuinfo && echo yes
section machine; cat /etc/machine-id
section end`;
