import { OWN_USER, TAKEN } from '../bypass/unprivileged.ts';
import { PIN_ROOT_FUNCTIONS } from '../bypass/pins.ts';
import { SECTION } from '../host/sections.ts';
import { STARTED } from '../host/started.ts';

/** Exit status of BENCH_SETUP where somebody else measures for the same document; it names the cgroup. */
export const UNDER_WAY = 91;

/** sh: the command prefix that becomes the user BENCH_SETUP reserved, $uid, who has nothing else. */
const AS_USER = `as="setpriv --reuid=$uid --regid=$uid --clear-groups --no-new-privs --"`;

/**
 * A user of its own and, for each kind of arm, a cgroup with a netserver of that user, which ordinary
 * users of the host cannot order about: they do not know its passphrase unless they look for it in
 * the list of processes, and then it can do no more than they. $1 is where programs are pinned, by the
 * numbers of their cgroups, $2 the loopback address, then the cgroups. Prints the user's number, the
 * passphrase, and of each netserver "CGROUP:PID:STARTED:SOCKET:PORT", the first three of them its
 * cgroup's number and its process, SOCKET the inode it listens with.
 * A cgroup that is there is another writer's of the same document; one that was cut off needs a moment
 * to go.
 */
export const BENCH_SETUP = `root=$1 address=$2 cgroups= line=
shift 2
cd /
${OWN_USER}
${PIN_ROOT_FUNCTIONS}
${STARTED}
random() { od -An -N"$1" -t"$2" /dev/urandom | tr -d ' \\n'; }
reserve
pass=
! netserver -h 2>&1 | grep -q '^ *-Z' || pass=$(random 12 x1)
# Prints the sockets that listen on a port. The first user of a port keeps it to himself.
listening() {
  awk -v port="$(printf %04X "$1")" '
    $4 == "0A" && substr($2, length($2) - 3) == port { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
# The netserver's own among them: whoever else listens there gets no connection of ours.
own_socket() {
  for socket in $(listening "$port"); do
    ls -l "/proc/$server/fd" 2>/dev/null | grep -qF "socket:[$socket]" && return 0
  done
  return 1
}
serve() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    # Below the ephemeral ports, which connections of others take.
    port=$((20000 + $(random 2 u2) % 12000))
    [ -z "$(listening $port)" ] || continue
    set -- "$1" netserver -D -N -p $port -L "$address" \${pass:+-Z "$pass"}
    { cgroup=$1; shift; echo 0 >"$cgroup/cgroup.procs" && exec setsid $as "$@"; } </dev/null >/dev/null 2>&1 9>&- &
    server=$!
    for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      own_socket && return 0
      kill -0 $server 2>/dev/null || break
      sleep 0.1
    done
  done
  echo "netserver did not start on $address" >&2
  return 1
}
for cgroup; do
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    [ -d "$cgroup" ] || break
    sleep 0.5
  done
  [ ! -d "$cgroup" ] || { printf '%s\\n' "$cgroup" >&2; undo; exit ${UNDER_WAY}; }
  mkdir "$cgroup" && id=$(stat -c %i "$cgroup") || { undo; exit 1; }
  # No cgroup has a line break in its name.
  cgroups="$cgroups$id $cgroup
"
  serve "$cgroup" || { undo; exit 1; }
  line="$line $id:$server:$(started $server):$socket:$port"
done
printf '%s\\n' "$own \${pass:--}$line"`;

/**
 * Ends the netservers with all they started, wherever somebody may have moved them, and removes the
 * cgroups: the kernel then detaches what the run loaded there. Who else is in one goes up. Last its
 * pins, in whatever state a load left them, also of a cgroup that somebody removed.
 */
export const BENCH_UNDO = `end_own
printf %s "$cgroups" | while read -r id cgroup; do
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ "$(stat -c %i "$cgroup" 2>/dev/null)" = "$id" ] || break
    while read -r pid; do
      $as sh -c 'kill -s KILL "$1"' sh "$pid" 2>/dev/null || echo "$pid" >"\${cgroup%/*}/cgroup.procs"
    done <"$cgroup/cgroup.procs" 2>/dev/null
    rmdir "$cgroup" 2>/dev/null || sleep 0.1
  done
  [ -z "$id" ] || (check_root && remove_pins_of "$id")
done
rmdir "$root" 2>/dev/null
release`;

/** Tenths of a second in which a run gets its turn; a sample takes less. */
const TURN = 500;

/**
 * Has the kernel measure the run time of BPF programs, unless somebody has that on already; two runs
 * take turns. Between reading and restoring the switch nobody else of ours can change it. The lock is not the
 * switch itself, which everybody may open and lock.
 */
export const TIMING_SETUP = `switch=/proc/sys/kernel/bpf_stats_enabled before=1 tries=0
${OWN_USER}
until hold timing; do
  [ $((tries += 1)) -lt ${TURN} ] || {
    echo '${TAKEN}/timing cannot be locked: another run has had it for ${TURN / 10} s, or ${TAKEN} is not a directory of mode 0700 of root' >&2
    exit 1
  }
  sleep 0.1
done
before=$(cat "$switch") || { before=1; undo; exit 1; }
[ "$before" != 0 ] || echo 1 >"$switch" || { undo; exit 1; }
echo on`;

export const TIMING_UNDO = `[ "$before" != 0 ] || echo 0 >"$switch"
own=timing
release`;

/** Exit code of `SAMPLE` where there is no netserver of ours that could answer. */
export const NO_SERVER = 90;

/**
 * Takes one sample, with the counters around it. $1 boundary, $2 cgroup, $3 the user's number, $4 and
 * $5 the netserver's process and the socket it listens with, $6 the programs' pins or "", then
 * netperf's argv. Exits with netperf's code.
 */
export const SAMPLE = `${SECTION}
cgroup=$1 uid=$2 server=$3 socket=$4 pins=$5; shift 5
${AS_USER}
programs() {
  section "redirect $1"; bpftool -j prog show pinned "$pins/sockmap_redirect"
  section "sockops $1"; bpftool -j prog show pinned "$pins/sockmap_sockops"
  counters "$1"
}
counters() { section "counters $1"; bpftool -j map dump pinned "$pins/bypass_counters"; }
around() {
  section "cpu $1"; head -n 1 /proc/stat
  section "loopback $1"; grep '^ *lo:' /proc/net/dev
  section "switch $1"; cat /proc/sys/kernel/bpf_stats_enabled
}
is_served() {
  ls -l "/proc/$server/fd" | grep -qF "socket:[$socket]" && grep -qx "$server" "$cgroup/cgroup.procs" &&
    ! grep -q '^frozen 1' "$cgroup/cgroup.events"
}
is_served || exit ${NO_SERVER}
[ -z "$pins" ] || counters idle
section load; cat /proc/loadavg
[ -z "$pins" ] || programs before
around before
section netperf
(echo 0 >"$cgroup/cgroup.procs" && cd / && exec $as "$@"); code=$?
around after
[ -z "$pins" ] || programs after
section end
[ $code != 0 ] || is_served || code=${NO_SERVER}
exit $code`;

/** Seconds that the first packets take at most on a loopback device that carries them. */
export const TRIAL_SECONDS = 5;

/**
 * Tries netperf for a moment, which has to end by itself. $1 boundary, $2 cgroup, $3 the user's
 * number, then netperf's argv. In the section `unanswered` are the ports, in hexadecimal, that it still
 * waits for a first answer of, in `code` its exit code, or nothing where it had to be ended.
 */
export const TRIAL = `${SECTION}
cgroup=$1 uid=$2; shift 2
${AS_USER}
section netperf
(echo 0 >"$cgroup/cgroup.procs" && cd / && exec $as "$@") 2>&1 &
netperf=$!
end=$(($(date +%s) + ${TRIAL_SECONDS}))
sleep 0.05
while kill -0 $netperf 2>/dev/null && [ "$(date +%s)" -le $end ]; do sleep 0.2; done
section unanswered
awk -v uid="$uid" '$4 == "02" && $8 == uid { print substr($3, length($3) - 3) }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
section code
$as sh -c 'kill -s KILL "$1"' sh $netperf 2>/dev/null || { wait $netperf; echo $?; }
section end`;

/**
 * What has become of a cgroup, its netserver and its programs. $1 boundary, $2 cgroup, $3 the
 * netserver's process, $4 pins or "".
 */
export const CONDITION = `${SECTION}
${STARTED}
cgroup=$1 server=$2 pins=$3
section cgroup; stat -c %i "$cgroup"
section events; cat "$cgroup/cgroup.events"
section members; cat "$cgroup/cgroup.procs"
section started; started "$server"
section redirect; [ -z "$pins" ] || bpftool -j prog show pinned "$pins/sockmap_redirect"
section end`;

/** The addresses that are this host's own, and whether the loopback device is up. $1 boundary. */
export const LOOPBACK = `${SECTION}
section flags; ip -o link show lo || cat /sys/class/net/lo/flags
section ipv4; cat /proc/net/fib_trie
section ipv6; cat /proc/net/if_inet6
section end`;

/** What of a host decides how fast it is, and how steadily; and which machine it is. $1 boundary. */
export const SPEED = `${SECTION}
section governor; cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor
section no_turbo; cat /sys/devices/system/cpu/intel_pstate/no_turbo
section boost; cat /sys/devices/system/cpu/cpufreq/boost
section cpu; grep -m 1 '^model name' /proc/cpuinfo
section virtual; grep -q -m 1 '^flags.* hypervisor' /proc/cpuinfo && echo yes
section machine; cat /etc/machine-id
section end`;
