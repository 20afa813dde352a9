#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Has somebody forge what the guarded programs pair sockets by, while a connection between two containers
# comes up, and sees who gets whose bytes.
#
#   forge.sh [CASE...]
#   CASE: repair repaired connect candidate twins ahead elsewhere reuse deleted restarted
#
# See ground.sh for the environment. One JSON line for each case; the exit code is the number of those
# that failed. Needs root, cgroup v2, bpffs, clang, bpftool, cc, iproute2, nft and setpriv.
set -u
policy=guarded
cases=${*:-repair repaired connect candidate twins ahead elsewhere reuse deleted restarted}
families=${FAMILIES:-ipv4 ipv6 mapped}
TOPOLOGY=bridge
. "$(dirname "$0")/ground.sh"

# Devices of his own with the addresses of others; who answers at the far end is his program.
forger='ip link set lo up && ip link add eth0 type veth peer name peer0 && ip addr add "$3/24" dev eth0 &&
	ip link set eth0 arp off up && ip link set peer0 up && exec "$@"'
unprivileged='setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --net'

# SYN-ACKs reach the end that connects only when they may.
hold() { ip netns exec $id-a nft -f - <<<'table ip hold { chain in { type filter hook input priority 0; tcp flags & (syn | ack) == syn | ack drop; }; }'; }
let_through() { ip netns exec $id-a nft delete table ip hold; }

# A forger has the numbers and the addresses of the end that connects, before it is up.
during() { # CASE MODE HOW-TO-ENTER-HIS-NAMESPACE
	local numbers grown=0 asked=0 answered=0 got=0 sent refused
	reload
	hold
	coproc LIVE { run_in $id-a "$tmp/halfway" veth3 /run/netns/$id-host 2>&1; }
	read -r -a numbers <&"${LIVE[0]}"
	# shellcheck disable=SC2086
	start 1 run $3 sh -c "$forger" sh /proc/self/fd/7 "$2" "${numbers[@]}"
	let_through
	[ "$1" != candidate ] || { live_ask && answered=1; }
	while [ $((asked += 1)) -le 3 ]; do
		ask 1 && got=$heard
		live_ask && answered=$((answered + 1))
	done
	ask 1 && got=$heard
	stop 1
	live_stop
	sent=$(counter redirected_messages) grown=$(counter sockets_added)
	refused=$(($(counter pair_refused) + $(counter tcp_repair)))
	verdict "$1" ipv4 $((answered >= 3 && got == 0 && refused > 0)) \
		"\"answered\": $answered, \"stolenBytes\": $got, \"refused\": $refused, \"socketsAdded\": $grown, \"redirectedMessages\": $sent"
}

repair() { during repair repair "$unprivileged"; }
repaired() { during repaired repaired "$unprivileged"; }
connect() { during connect connect "$unprivileged"; }
# The same by somebody whose namespace is the host's own: two have the same numbers.
candidate() { during candidate connect 'unshare --net'; }

# Two of his sockets mirror each other, in two namespaces of his.
twins() {
	local mode got
	for mode in repair repaired connect; do
		reload
		start 1 run $unprivileged sh -c "$forger" sh /proc/self/fd/7 $mode 10.9.9.1 7001 10.9.9.2 7002 1000001 2000001
		start 2 run $unprivileged sh -c "$forger" sh /proc/self/fd/7 $mode 10.9.9.2 7002 10.9.9.1 7001 2000001 1000001
		ask 1
		ask 2
		ask 1
		got=$heard
		ask 2
		got=$((got + heard))
		stop 1
		stop 2
		verdict twins-$mode ipv4 $((got == 0)) "\"stolenBytes\": $got, \"redirectedMessages\": $(counter redirected_messages)"
	done
}

# Bytes came to the one end that the other has not sent: their numbers mirror each other in one direction alone.
ahead() {
	local asked=0
	reload
	hold
	coproc LIVE { run_in $id-a "$tmp/halfway" veth3 /run/netns/$id-host ahead 2>&1; }
	read -r _ <&"${LIVE[0]}"
	let_through
	live_ask && asked=1
	live_stop
	verdict ahead ipv4 $((asked == 1 && $(counter redirected_messages) == 0 && $(counter pair_refused) == 1)) \
		"\"sent\": $asked, \"redirectedMessages\": $(counter redirected_messages), \"refused\": $(counter pair_refused)"
}

# Somebody elsewhere opens a connection to the one end with the numbers of the other's, and hands on what
# comes: a NAT does just that.
elsewhere() {
	local f asked bytes
	for f in $families; do
		reload
		NET_ADDRESS_IPV4=10.78.9.9 NET_ADDRESS_IPV6=fd78:9::9 live_start "$f"
		bytes=$(bytes_of $id-out) asked=0
		for _ in 1 2 3; do live_ask && asked=$((asked + 1)); done
		bytes=$(($(bytes_of $id-out) - bytes))
		live_stop
		verdict elsewhere "$f" $((asked == 3 && bytes >= 12000 && $(counter sockets_added) == 0 && $(counter pair_refused) > 0)) \
			"\"answered\": $asked, \"bytesThere\": $bytes, \"socketsAdded\": $(counter sockets_added), \"refused\": $(counter pair_refused)"
	done
}

# Two pairs of containers with the same addresses and ports.
reuse() {
	local f asked bytes n
	export NET_SERVER_PORT=7001 NET_CLIENT_PORT=7002
	"$here/namespaces.sh" make $id-again || exit 2
	for f in $families; do
		reload
		start 1 run_in $id-a "$tmp/live" "$f"
		NET_SERVER=/run/netns/$id-again-b start 2 run_in $id-again-a "$tmp/live" "$f"
		bytes=$(($(bytes_of $id-a) + $(bytes_of $id-again-a))) asked=0
		for n in 1 2 1 2 1 2; do
			ask $n
			[ "$heard" = ok ] && asked=$((asked + 1))
		done
		bytes=$(($(bytes_of $id-a) + $(bytes_of $id-again-a) - bytes))
		stop 1
		stop 2
		verdict reuse "$f" $((asked == 6 && bytes < 1000 && $(counter redirected_messages) == 12)) \
			"\"answered\": $asked, \"bytesOver\": $bytes, \"redirectedMessages\": $(counter redirected_messages)"
	done
	"$here/namespaces.sh" remove $id-again
	unset NET_SERVER_PORT NET_CLIENT_PORT
}

# The namespaces go while a connection lives, with the way between its ends.
deleted() {
	local f asked left
	for f in $families; do
		reload
		live_start "$f"
		live_ask
		ip -n $id-host link delete veth2
		"$here/namespaces.sh" remove $id
		asked=0
		for _ in 1 2 3; do live_ask && asked=$((asked + 1)); done
		live_stop
		"$here/namespaces.sh" make $id || exit 2
		for _ in {1..100}; do
			left=$(bpftool -j map dump pinned $pins/bypass_socks | grep -o '"key"' | wc -l)
			[ "$left" = 0 ] && break
			sleep 0.1
		done
		verdict deleted "$f" $((asked == 3 && left == 0)) "\"answered\": $asked, \"entriesLeft\": $left"
	done
}

# A container goes, and another one comes with its name, address and port: its peer is told of the one, and
# talks to the other.
restarted() {
	local f
	for f in $families; do
		reload
		serve_and_ask "$f"
		pkill -P "$server"
		wait "$server"
		ip netns delete $id-b
		ask 1
		stop 1
		verdict restarted "$f" $((bytes < 1000)) "\"bytesOver\": $bytes, \"answered\": \"$answer\", \"told\": \"$heard\""
		"$here/namespaces.sh" remove $id
		"$here/namespaces.sh" make $id || exit 2
		serve_and_ask "$f"
		stop 1
		wait "$server"
		verdict again "$f" $((bytes < 1000)) "\"bytesOver\": $bytes, \"answered\": \"$answer\""
	done
}
serve_and_ask() { # FAMILY
	(hang_up && run_in $id-b "$tmp/live" "$1" listen "$(address_of "$1" 0.0.0.0 ::)" 7000 >/dev/null) &
	server=$!
	await_listener $id-b
	start 1 run_in $id-a "$tmp/live" "$1" "$(address_of "$1" 10.77.1.3 fd77:1::3)" 7000
	ask 1
	bytes=$(bytes_of $id-a)
	ask 1
	bytes=$(($(bytes_of $id-a) - bytes)) answer=$heard
}

build live halfway forge
# Who is not root sees nothing of the directory.
exec 7<"$tmp/forge"
for each in $cases; do
	declare -F "$each" >/dev/null || { echo "what is $each?" >&2; exit 2; }
	$each
done
exit $failed
