#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Shows each hazard of a sockmap bypass with one set of programs loaded.
#
#   hazards.sh tcp|classic|guarded [HAZARD...]
#   HAZARD: reorder leak stall oneway families remote outside loading switch full churn memory mptcp neighbour abort
#
# FAMILIES and STALL_BYTES in the environment choose among the cases, CLANG_FLAGS
# are for the programs.
# One JSON line for each case; the exit code is the number of cases that failed.
# Needs root, cgroup v2, bpffs, clang, bpftool, cc and iproute2. Makes its own
# cgroup, namespaces and pins, and removes them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
bpf=$here/../../../bpf
policy=${1:?tcp, classic or guarded}
shift
hazards=${*:-reorder leak stall oneway families remote outside loading switch full churn memory mptcp neighbour abort}
families=${FAMILIES:-ipv4 ipv6 mapped}
id=hazards-$$
pins=/sys/fs/bpf/$id
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/$id
ns=$id ns2=$id-2
tmp=$(mktemp -d)
failed=0

clean() {
	local pid
	for pid in $(cat "$cgroup/cgroup.procs" 2>/dev/null); do kill "$pid" 2>/dev/null; done
	unload
	rm -f $pins-neighbour
	ip netns del $ns 2>/dev/null
	ip netns del $ns2 2>/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir "$cgroup" 2>/dev/null && break; sleep 0.1; done
	rm -rf "$tmp"
}

load() { # [clang flags...]
	[ "$policy" = tcp ] && return
	local source=sockmap_bypass
	[ "$policy" = classic ] && source=classic
	clang -O2 -g -target bpf ${CLANG_FLAGS:-} "$@" -I"$bpf" -c "$bpf/$source.bpf.c" -o "$tmp/x.o" &&
		bpftool prog loadall "$tmp/x.o" $pins pinmaps $pins &&
		attach_verdict && attach_cgroup || exit 2
}

unload() {
	[ -d $pins ] || return
	bpftool cgroup detach "$cgroup" sock_ops pinned $pins/sockmap_sockops
	bpftool prog detach pinned $pins/sockmap_redirect msg_verdict pinned $pins/bypass_socks
	rm -r $pins
}

reload() { unload; load "$@"; }

# In the cgroup; the namespace is entered afterwards, because that remounts /sys.
run() { bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" "$@"; }
run_in() { local n=$1; shift; run ip netns exec "$n" "$@"; }

counter() {
	[ "$policy" = tcp ] && { echo 0; return; }
	bpftool -j map dump pinned $pins/bypass_counters |
		tr ',{' '\n\n' | awk -F: -v name="\"$1\"" '$1 == name { n += $2 } END { printf "%.0f\n", n }'
}

lo_bytes() { ip netns exec $ns awk '/lo:/ { print $10 }' /proc/net/dev; }

verdict() { # HAZARD FAMILY OK DETAILS
	local ok=false
	[ "$3" = 1 ] && ok=true || failed=$((failed + 1))
	echo "{\"test\": \"$1\", \"family\": \"$2\", ${4:+$4, }\"ok\": $ok}"
}

try() { "$@" || failed=$((failed + 1)); }

# Talks to a "live" program through fds 3 and 4.
live_start() { coproc LIVE { run_in $ns "$tmp/live" "$1" 2>&1; }; read -r _ <&"${LIVE[0]}"; }
live_ask() { local a=; echo >&"${LIVE[1]}"; read -r -t 5 a <&"${LIVE[0]}"; [ "$a" = ok ]; }
live_stop() { eval "exec ${LIVE[1]}>&-"; wait "$LIVE_PID" 2>/dev/null; }

reorder() {
	ip netns exec $ns sh -c 'echo 3 >/sys/class/net/lo/queues/rx-0/rps_cpus'
	for f in $families; do try run_in $ns "$tmp/reorder" "$f" 1500; done
	ip netns exec $ns sh -c 'echo 0 >/sys/class/net/lo/queues/rx-0/rps_cpus'
}

leak() { for f in $families; do try run "$tmp/leak" "$f"; done; }

stall() {
	for f in $families; do
		for size in ${STALL_BYTES:-64 1000 65536 1000000}; do try run "$tmp/stall" "$f" $size; done
	done
}

# A one-way stream of small messages goes back to TCP; a bulk stream does not stay there.
oneway() {
	for f in $families; do
		reload
		run "$tmp/transfer" "$f" stream 64 0.5 >/dev/null
		local n=$(counter redirected_messages)
		verdict oneway-small "$f" $((n < 1000)) "\"redirectedMessages\": $n"
		reload
		run "$tmp/transfer" "$f" stream 262144 20 >/dev/null &
		local transfer=$!
		sleep 0.9
		# How much of it is redirected depends on the reader's pace; it goes on until the end.
		local early=$(counter redirected_bytes)
		n=$early
		while [ $((n - early)) -le 16777216 ] && kill -0 $transfer 2>/dev/null; do
			sleep 0.1
			n=$(counter redirected_bytes)
		done
		kill $(cat "$cgroup/cgroup.procs") 2>/dev/null
		wait $transfer 2>/dev/null
		verdict oneway-bulk "$f" $((n - early > 16777216)) "\"redirectedBytes\": $n, \"redirectedLate\": $((n - early))"
	done
}

families() {
	for f in $families; do
		live_start "$f"
		live_ask
		local before=$(lo_bytes) asked=0
		for _ in 1 2 3 4 5 6 7 8 9 10; do live_ask && asked=$((asked + 1)); done
		local bytes=$(($(lo_bytes) - before))
		live_stop
		verdict families "$f" $((asked == 10 && bytes < 1000)) "\"bytesOverLo\": $bytes"
	done
}

# A peer on another host is none of our business.
remote() {
	ip netns add $ns2 && ip link add v-$$ netns $ns type veth peer name w-$$ netns $ns2
	ip -n $ns addr add 10.7.7.1/24 dev v-$$ && ip -n $ns2 addr add 10.7.7.2/24 dev w-$$
	ip -n $ns addr add fd77::1/64 dev v-$$ nodad && ip -n $ns2 addr add fd77::2/64 dev w-$$ nodad
	ip -n $ns link set v-$$ up && ip -n $ns2 link set w-$$ up
	reload
	for f in $families; do
		local ip=10.7.7.2
		[ "$f" = ipv6 ] && ip=fd77::2
		[ "$f" = mapped ] && ip=::ffff:10.7.7.2
		stranger remote "$f" $ip $ns2 run_in $ns
	done
}

# Nor is one on this host that is not in the cgroup.
outside() {
	reload
	for f in $families; do
		local ip=127.0.0.1
		[ "$f" = ipv6 ] && ip=::1
		[ "$f" = mapped ] && ip=::ffff:127.0.0.1
		stranger outside "$f" $ip $ns ip netns exec $ns
	done
}

stranger() { # TEST FAMILY ADDRESS LISTENER'S-NAMESPACE COMMAND... (which runs the end that asks)
	local test=$1 f=$2 ip=$3 at=$4
	shift 4
	local added=$(counter sockets_added)
	run_in $at timeout 20 "$tmp/live" "$f" listen $ip 7000 >"$tmp/fionread" &
	for _ in {1..100}; do
		[ -n "$(ip netns exec $at ss -Hltn 'sport = :7000')" ] && break
		sleep 0.1
	done
	local answer=$(echo | "$@" "$tmp/live" "$f" $ip 7000 | tail -1)
	wait $!
	added=$(($(counter sockets_added) - added))
	local fion=$(head -1 "$tmp/fionread")
	verdict $test "$f" $((added == 0)) "\"socketsAdded\": $added, \"fionread\": ${fion:-0}, \"answered\": \"$answer\""
}

# Every socket in the map must have the sk_msg program: it is attached first.
loading() {
	[ "$policy" = tcp ] && return
	unload
	for f in $families; do
		bpftool prog loadall "$tmp/x.o" $pins pinmaps $pins || exit 2
		local first=attach_verdict second=attach_cgroup
		[ "$policy" = classic ] && first=attach_cgroup second=attach_verdict
		$first || exit 2
		live_start "$f"
		$second || exit 2
		for _ in 1 2 3; do live_ask; done
		local added=$(counter sockets_added) sent=$(counter redirected_messages)
		live_stop
		# The next connection shows that the bypass did come up.
		live_start "$f"
		for _ in 1 2 3; do live_ask; done
		local later=$(($(counter redirected_messages) - sent))
		live_stop
		unload
		verdict loading "$f" $(((added == 0 || sent > 0) && later > 0)) \
			"\"socketsAdded\": $added, \"redirectedMessages\": $sent, \"redirectedLater\": $later"
	done
	load
}
# The second where FIONREAD needs it, as the product does.
attach_verdict() {
	bpftool prog attach pinned $pins/sockmap_redirect msg_verdict pinned $pins/bypass_socks || return
	[ ! -e $pins/sockmap_verdict ] || ! grep -q msg_tot_len /sys/kernel/btf/vmlinux ||
		bpftool prog attach pinned $pins/sockmap_verdict stream_verdict pinned $pins/bypass_socks
}
attach_cgroup() { bpftool cgroup attach "$cgroup" sock_ops pinned $pins/sockmap_sockops multi; }

# Live connections return to TCP within one message of being told (or of unloading, classic's only means).
switch() {
	for f in $families; do
		reload
		live_start "$f"
		live_ask
		local before=$(lo_bytes)
		if [ "$policy" = guarded ]; then
			bpftool map update pinned $pins/bypass_config key 0 0 0 0 value hex 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
		else
			unload
		fi
		local asked=0
		for _ in 1 2 3 4 5; do live_ask && asked=$((asked + 1)); done
		local bytes=$(($(lo_bytes) - before))
		live_stop
		verdict switch "$f" $((asked == 5 && bytes >= 10000)) "\"bytesOverLo\": $bytes"
	done
	reload
}

# A full map: connections work over TCP, and are counted.
full() {
	[ "$policy" = guarded ] || return
	for f in $families; do
		reload -DMAX_SOCKETS=8
		try run_in $ns "$tmp/reorder" "$f" 20 >/dev/null
		local pids=() i
		rm -f "$tmp"/full-*
		for i in 1 2 3 4 5 6; do
			(echo; until_answered 6) | run_in $ns "$tmp/live" "$f" >"$tmp/full-$i" &
			pids+=($!)
		done
		wait "${pids[@]}"
		local ok=$(cat "$tmp"/full-* | grep -c ok) n=$(counter map_full)
		verdict full "$f" $((ok == 6 && n > 0)) "\"answered\": $ok, \"mapFull\": $n"
	done
	reload
}

until_answered() {
	for _ in {1..100}; do
		[ "$(cat "$tmp"/full-* 2>/dev/null | grep -c ok)" -ge "$1" ] && return
		sleep 0.1
	done
}

# Nothing is left behind by connections that have gone.
churn() {
	[ "$policy" = tcp ] && return
	reload
	for f in $families; do
		local added=$(counter sockets_added) status left
		run_in $ns "$tmp/reorder" "$f" 3000 >/dev/null
		status=$?
		added=$(($(counter sockets_added) - added))
		for _ in {1..100}; do
			left=$(entries)
			[ "$left" = 0 ] && break
			sleep 0.1
		done
		verdict churn "$f" $((status == 0 && left == 0)) \
			"\"exitCode\": $status, \"socketsAdded\": $added, \"entriesLeft\": $left"
	done
}

entries() {
	local m
	for m in $pins/bypass_flows $pins/bypass_socks; do
		[ -e $m ] && bpftool -j map dump pinned $m
	done | grep -o '"key"' | wc -l
}

# All senders together are held back before TCP has no more memory. Only the first namespace, that of the
# kernel's own threads, has tcp_mem.
memory() {
	local there=
	[ -e /proc/sys/net/ipv4/tcp_mem ] || there='nsenter --net=/proc/2/ns/net'
	for f in $families; do try run $there "$tmp/memory" "$f"; done
}

# Multipath TCP's sockets are the kernel's own. One that fell back to TCP is bypassed where accept()
# can tell.
mptcp() {
	[ "$policy" = guarded ] || return
	reload
	for f in $families; do
		local ends
		for ends in 'mptcp tcp' 'tcp mptcp' 'mptcp mptcp'; do
			local added=$(counter sockets_added) full=$(counter map_full)
			local refused=$(counter sockets_refused) sent=$(counter redirected_messages)
			local answer=$(run_in $ns timeout 20 "$tmp/mptcp" "$f" $ends 2>&1)
			added=$(($(counter sockets_added) - added)) full=$(($(counter map_full) - full))
			refused=$(($(counter sockets_refused) - refused)) sent=$(($(counter redirected_messages) - sent))
			verdict "${ends/ /-to-}" "$f" $((full + refused == 0)) \
				"\"socketsAdded\": $added, \"redirectedMessages\": $sent, \"answered\": \"$answer\""
		done
	done
}

# A sender that waits for room learns that its reader has closed.
abort() {
	reload
	for f in $families; do
		for size in 1024 65536; do try run_in $ns "$tmp/abort" "$f" $size; done
	done
}

# A sock_ops program that overwrites the callback flags, before ours and after it: connections are
# bypassed all the same, more of them than there is room for, with and without data.
neighbour() {
	[ "$policy" = guarded ] || return
	clang -O2 -g -target bpf -I"$bpf" -c "$here/neighbour.bpf.c" -o "$tmp/neighbour.o" &&
		bpftool prog load "$tmp/neighbour.o" $pins-neighbour || exit 2
	local order f
	for order in after before; do
		unload
		[ $order = after ] || beside attach
		load -DMAX_SOCKETS=64 -DMAX_FLOWS=64
		[ $order = before ] || beside attach
		for f in $families; do
			local sent=$(counter redirected_messages) taken=$(counter callbacks_taken)
			try run_in $ns "$tmp/reorder" "$f" 200 0 >/dev/null
			try run_in $ns "$tmp/reorder" "$f" 200 >/dev/null
			sent=$(($(counter redirected_messages) - sent))
			taken=$(($(counter callbacks_taken) - taken))
			local full=$(counter map_full)
			verdict neighbour-$order "$f" $((sent >= 1200 && full == 0)) \
				"\"redirectedMessages\": $sent, \"mapFull\": $full, \"callbacksTaken\": $taken"
		done
		beside detach
	done
	rm $pins-neighbour
	reload
}
beside() { bpftool cgroup "$1" "$cgroup" sock_ops pinned $pins-neighbour $([ "$1" = detach ] || echo multi); }

trap clean EXIT
trap 'exit 3' HUP INT PIPE TERM
for p in reorder leak stall live transfer memory mptcp abort; do
	cc -O2 -Wall -pthread -o "$tmp/$p" "$here/$p.c" || exit 2
done
mkdir "$cgroup" && ip netns add $ns && ip -n $ns link set lo up || exit 2
load
for hazard in $hazards; do
	declare -F "$hazard" >/dev/null || { echo "what is $hazard?" >&2; exit 2; }
	$hazard
done
exit $failed
