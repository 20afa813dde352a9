#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs stress.c while everything around it changes: packet steering, the policy,
# the bounds, and the programs themselves, which are unloaded and loaded again.
#
#   stress.sh SECONDS [WORKERS] [classic|guarded]
#
# Prints stress.c's JSON line, what was done, and the sums of the counters of all
# programs; the exit code is stress.c's. Also fails when the kernel warned, or kept
# memory. CLANG_FLAGS in the environment are for the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
bpf=$here/../../../bpf
seconds=${1:?seconds}
workers=${2:-16}
source=sockmap_bypass
[ "${3:-guarded}" = classic ] && source=classic
id=stress-$$
pins=/sys/fs/bpf/$id
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/$id
tmp=$(mktemp -d)
ticks=0 steers=0 switches=0 loads=0

clean() {
	local pid
	for pid in $(cat "$cgroup/cgroup.procs" 2>/dev/null); do kill "$pid" 2>/dev/null; done
	unload
	ip netns del $id 2>/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir "$cgroup" 2>/dev/null && break; sleep 0.1; done
	rm -rf "$tmp"
}

load() {
	bpftool prog loadall "$tmp/x.o" $pins pinmaps $pins &&
		bpftool prog attach pinned $pins/sockmap_redirect msg_verdict pinned $pins/bypass_socks &&
		bpftool cgroup attach "$cgroup" sock_ops pinned $pins/sockmap_sockops multi || exit 2
	loads=$((loads + 1))
}

unload() {
	[ -d $pins ] || return
	bpftool cgroup detach "$cgroup" sock_ops pinned $pins/sockmap_sockops
	bpftool prog detach pinned $pins/sockmap_redirect msg_verdict pinned $pins/bypass_socks
	bpftool -j map dump pinned $pins/bypass_counters >>"$tmp/counters"
	rm -r $pins
}

steer() {
	ip netns exec $id sh -c "echo $1 >/sys/class/net/lo/queues/rx-0/rps_cpus" && steers=$((steers + 1))
}

# For every CPU and every load.
counters() {
	tr ',{}' '\n\n\n' <"$tmp/counters" |
		awk -F: '/^"[a-z_]+":[0-9]+$/ && !/^"(key|cpu)"/ { n[$1] += $2 }
			END { for (name in n) { printf "%s%s: %.0f", sep, name, n[name]; sep = ", " } }'
}

# Nobody else is in the namespace.
resets_sent() {
	ip netns exec $id awk '$1 == "Tcp:" { for (i = 1; i <= NF; i++) if ($i == "OutRsts") at = i; n = $at }
		END { print n }' /proc/net/snmp
}

tcp_pages() { awk '$1 == "TCP:" { print $NF }' /proc/net/sockstat; }

# MODE BOUND, the bound as eight hexadecimal bytes
configure() {
	[ $source = classic ] && return
	bpftool map update pinned $pins/bypass_config key 0 0 0 0 \
		value hex "$1" 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 $2 || return
	switches=$((switches + 1))
}

trap clean EXIT
trap 'exit 3' HUP INT PIPE TERM
cc -O2 -Wall -pthread -o "$tmp/stress" "$here/stress.c" || exit 2
clang -O2 -g -target bpf ${CLANG_FLAGS:-} -I"$bpf" -c "$bpf/$source.bpf.c" -o "$tmp/x.o" || exit 2
mkdir "$cgroup" && ip netns add $id && ip -n $id link set lo up || exit 2
dmesg >/dev/null || exit 2
before=$(tcp_pages)
warnings=$(dmesg | grep -cE 'WARNING|BUG|Oops|refcount_t')
load
bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
	ip netns exec $id "$tmp/stress" "$seconds" "$workers" 7 &
stress=$!
default='00 00 00 00 00 00 00 00' tight='00 00 01 00 00 00 00 00'
while kill -0 $stress 2>/dev/null; do
	# Each of them once, then any.
	case $((ticks < 12 ? ticks * 5 % 12 : RANDOM % 12)) in
	0) steer 3 ;;
	1) steer 0 ;;
	2) configure 01 "$default" ;; # off
	3 | 4 | 5) configure 00 "$default" ;;
	6) configure 00 "$tight" ;;
	7) configure 02 "$default" ;; # without the guards
	8) unload && load ;;
	9) configure 01 "$default" && unload && load ;;
	esac
	ticks=$((ticks + 1))
	sleep 0.7
done
wait $stress
status=$?
unload
# Pages are the whole machine's: others may need a few, for a while.
for _ in {1..30}; do
	sleep 1
	after=$(tcp_pages)
	[ "$after" -le $((before + 1024)) ] && break
done
now=$(dmesg | grep -cE 'WARNING|BUG|Oops|refcount_t')
echo "{\"changes\": $ticks, \"policySwitches\": $switches, \"loads\": $loads, \"steers\": $steers, \"resetsSent\": $(resets_sent), \"kernelWarnings\": $((now - warnings)), \"tcpPagesBefore\": $before, \"tcpPagesAfterwards\": $after}"
echo "{$(counters)}"
[ $now = "$warnings" ] && [ "$after" -le $((before + 1024)) ] || status=1
exit $status
