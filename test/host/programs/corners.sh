#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections between containers that come up in an unusual way, or ask for what no bypass gives.
#
#   corners.sh [CASE...]
#   CASE: fastopen cookies simultaneous reasons
#
# See ground.sh for the environment. One JSON line for each case; the exit code is the number of those
# that failed. Needs root, cgroup v2, bpffs, clang, bpftool, cc, iproute2 and nft.
set -u
policy=guarded
cases=${*:-fastopen cookies simultaneous reasons}
families=${FAMILIES:-ipv4 ipv6 mapped}
TOPOLOGY=bridge
. "$(dirname "$0")/ground.sh"

corner() { # TEST HOW
	local f answer
	for f in $families; do
		reload
		answer=$(run_in $id-a timeout 30 "$tmp/corners" "$f" "$2" 2>&1 | tail -1)
		verdict "$1" "$f" $((${#answer} == 2)) \
			"\"answered\": \"$answer\", \"redirectedMessages\": $(counter redirected_messages)"
	done
}

fastopen() {
	ip netns exec $id-b sh -c 'echo 3 >/proc/sys/net/ipv4/tcp_fastopen'
	corner fastopen fastopen
}

# Every SYN is answered with a cookie, and forgotten.
cookies() {
	ip netns exec $id-b sh -c 'echo 2 >/proc/sys/net/ipv4/tcp_syncookies'
	corner cookies plain
	ip netns exec $id-b sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_syncookies'
}

# Both have called when the first SYN gets through.
simultaneous() {
	local f n answer
	export NET_CLIENT_IPV4=10.77.1.2 NET_CLIENT_IPV6=fd77:1::2
	for f in $families; do
		reload
		for n in a b; do
			ip netns exec $id-$n nft -f - <<<'table inet hold { chain in { type filter hook input priority 0; tcp dport 7000 drop; }; }'
		done
		start 1 run_in $id-a timeout 30 "$tmp/corners" "$f" simultaneous
		answer=$heard
		for n in a b; do ip netns exec $id-$n nft delete table inet hold; done
		[ "$answer" = calling ] && hear 1 && answer=$heard
		stop 1
		verdict simultaneous "$f" $((${#answer} == 2)) "\"answered\": \"$answer\", \"redirectedMessages\": $(counter redirected_messages)"
	done
}

# Each reason to go to TCP, of a connection between namespaces.
reasons() {
	local why answer
	for why in early small gone bound polled inherited lowat inq repair repaired; do
		reload
		answer=$(run_in $id-a timeout 30 "$tmp/reasons" $why 2>&1 | tail -1)
		verdict $why ipv4 $((${#answer} == 2)) "\"answered\": \"$answer\", $(reasons_counted)"
	done
}
reasons_counted() {
	local each sep=
	for each in tcp_early_bytes tcp_one_way_small tcp_peer_gone tcp_queue_bound tcp_socket_options tcp_repair; do
		printf '%s"%s": %s' "$sep" $each "$(counter $each)"
		sep=', '
	done
}

build corners reasons
for each in $cases; do
	declare -F "$each" >/dev/null || { echo "what is $each?" >&2; exit 2; }
	$each
done
exit $failed
