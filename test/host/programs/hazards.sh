#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Shows each hazard of a sockmap bypass with one set of programs loaded.
#
#   hazards.sh tcp|classic|guarded [HAZARD...]
#   HAZARD: reorder leak stall oneway families remote outside loading switch full churn memory mptcp neighbour abort
#
# FAMILIES and STALL_BYTES in the environment choose among the cases; see ground.sh for what else does.
# One JSON line for each case; the exit code is the number of cases that failed.
# Needs root, cgroup v2, bpffs, clang, bpftool, cc and iproute2. Makes its own
# cgroup, namespaces and pins, and removes them.
set -u
policy=${1:?tcp, classic or guarded}
shift
hazards=${*:-reorder leak stall oneway families remote outside loading switch full churn memory mptcp neighbour abort}
families=${FAMILIES:-ipv4 ipv6 mapped}
. "$(dirname "$0")/ground.sh"

# Over loopback, or the way to the other namespace.
lo_bytes() { ip netns exec $ns awk '/lo:/ { n += $10 } /eth0:/ { n += $2 + $10 } END { print n }' /proc/net/dev; }

steer() {
	local each
	for each in $ns $([ "$topology" = one ] || echo $id-b $id-host); do
		ip netns exec "$each" sh -c "echo $1 | tee /sys/class/net/*/queues/rx-0/rps_cpus >/dev/null"
	done
}

reorder() {
	steer 3
	for f in $families; do try run_in $ns "$tmp/reorder" "$f" 1500; done
	steer 0
}

leak() { for f in $families; do try run "$tmp/leak" "$f"; done; }

stall() {
	for f in $families; do
		for size in ${STALL_BYTES:-64 1000 65536 1000000}; do try run_in $ns "$tmp/stall" "$f" $size; done
	done
}

# A one-way stream of small messages goes back to TCP; a bulk stream does not stay there.
oneway() {
	for f in $families; do
		reload
		run_in $ns "$tmp/transfer" "$f" stream 64 0.5 >/dev/null
		local n=$(counter redirected_messages)
		verdict oneway-small "$f" $((n < 1000)) "\"redirectedMessages\": $n"
		reload
		run_in $ns "$tmp/transfer" "$f" stream 262144 20 >/dev/null &
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
	if [ "$topology" != one ]; then
		both_ways remote $id-out 10.78.1.2 fd78:1::2
		return
	fi
	ip netns add $ns2 && ip link add v-$$ netns $ns type veth peer name w-$$ netns $ns2
	ip -n $ns addr add 10.7.7.1/24 dev v-$$ && ip -n $ns2 addr add 10.7.7.2/24 dev w-$$
	ip -n $ns addr add fd77::1/64 dev v-$$ nodad && ip -n $ns2 addr add fd77::2/64 dev w-$$ nodad
	ip -n $ns link set v-$$ up && ip -n $ns2 link set w-$$ up
	reload
	for f in $families; do
		stranger remote "$f" "$(address_of "$f" 10.7.7.2 fd77::2)" "run_in $ns2" "run_in $ns"
	done
}

# Nor is one on this host that is not in the cgroup.
outside() {
	if [ "$topology" != one ]; then
		both_ways outside $id-b "$NET_ADDRESS_IPV4" "$NET_ADDRESS_IPV6"
		return
	fi
	reload
	for f in $families; do
		stranger outside "$f" "$(address_of "$f" 127.0.0.1 ::1)" "run_in $ns" "ip netns exec $ns"
	done
}

# Connects to a peer that is not in the cgroup, and is connected to by one.
both_ways() { # TEST PEER'S-NAMESPACE ADDRESS IPV6-ADDRESS
	reload
	for f in $families; do
		stranger "$1" "$f" "$(address_of "$f" "$3" "$4")" "ip netns exec $2" "run_in $ns"
		local from=$2
		[ "$1" = outside ] && from=$ns
		stranger "$1" "$f" "$(address_of "$f" "$NET_ADDRESS_IPV4" "$NET_ADDRESS_IPV6")" \
			"run_in $id-b" "ip netns exec $from"
	done
}

stranger() { # TEST FAMILY ADDRESS HOW-TO-LISTEN HOW-TO-ASK
	local test=$1 f=$2 ip=$3 any=::
	[ "$f" = ipv4 ] && any=0.0.0.0
	local added=$(counter sockets_added)
	$4 timeout 20 "$tmp/live" "$f" listen $any 7000 >"$tmp/fionread" &
	await_listener "${4##* }"
	local answer=$(echo | $5 "$tmp/live" "$f" "$ip" 7000 | tail -1)
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
		load_object || exit 2
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

# Live connections return to TCP within one message of being told (or of unloading, classic's only means).
switch() {
	for f in $families; do
		reload
		live_start "$f"
		live_ask
		local before=$(lo_bytes)
		if [ "$policy" = guarded ]; then
			configure 1
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
	local pages=$(nsenter --net=/proc/2/ns/net awk '{ print $2 }' /proc/sys/net/ipv4/tcp_mem)
	for f in $families; do try run_in $ns "$tmp/memory" "$f" "$pages"; done
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

build reorder leak stall live transfer memory mptcp abort
load
for hazard in $hazards; do
	declare -F "$hazard" >/dev/null || { echo "what is $hazard?" >&2; exit 2; }
	$hazard
done
exit $failed
