#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connections between containers whose addresses are translated, and which connection tracking forgets.
#
#   nat.sh [CASE...]
#   CASE: published hairpin service undeclared proxy idle keepalive
#
# See ground.sh for the environment. One JSON line for each case; the exit code is the number of those
# that failed. Needs root, cgroup v2, bpffs, clang, bpftool, cc, iproute2 and nft.
set -u
policy=guarded
cases=${*:-published hairpin service undeclared proxy idle keepalive}
families=${FAMILIES:-ipv4 ipv6 mapped}
TOPOLOGY=nat
. "$(dirname "$0")/ground.sh"

serve() { # NAMESPACE [PORT]
	(hang_up && run_in "$1" "$tmp/live" ipv4 listen 0.0.0.0 "${2:-7000}" >/dev/null) &
	server=$!
	await_listener "$1" "${2:-7000}"
}

# Asks three times, all of which has to be redirected: over all its hops.
reach() { # TEST NAMESPACE-THAT-ASKS SERVER'S-NAMESPACE ADDRESS PORT [HOPS]
	local n asked=0 bytes sent hops=${6:-1}
	serve "$3"
	start 1 run_in "$2" "$tmp/live" ipv4 "$4" "$5"
	sent=$(counter redirected_messages) bytes=$(bytes_of "$3")
	for n in 1 2 3; do
		ask 1
		[ "$heard" = ok ] && asked=$((asked + 1))
	done
	bytes=$(($(bytes_of "$3") - bytes)) sent=$(($(counter redirected_messages) - sent))
	stop 1
	wait $server
	verdict "$1" ipv4 $((asked == 3 && bytes < 1000 && sent == 6 * hops)) \
		"\"answered\": $asked, \"bytesOver\": $bytes, \"redirectedMessages\": $sent"
}

# A port of the host's, asked from a container and from the host.
published() {
	reload
	reach published $id-a $id-b 10.77.1.1 8080
	reach published $id-host $id-b 10.77.1.1 8080
	reach published $id-host $id-b 10.77.9.9 7000
}

# A container that asks a service, and is the one that serves it.
hairpin() {
	reload
	reach hairpin $id-b $id-b 10.77.9.9 7000
}

# One of several, in turn.
service() {
	local n
	reload
	for n in 1 2; do
		reach service $id-a $id-b 10.77.8.8 7000
		reach service $id-a $id-c 10.77.8.8 7000
	done
}

# A service whose network was not declared as local may be elsewhere.
undeclared() {
	reload
	bpftool map delete pinned $pins/bypass_local key hex 78 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff 0a 4d 09 00
	serve $id-b
	start 1 run_in $id-a "$tmp/live" ipv4 10.77.9.9 7000
	ask 1
	stop 1
	wait $server
	verdict undeclared ipv4 $(($(counter sockets_added) == 0 && $(counter pair_refused) > 0)) \
		"\"answered\": \"$heard\", \"socketsAdded\": $(counter sockets_added), \"refused\": $(counter pair_refused)"
}

# A proxy of user space: two connections, each of its own.
proxy() {
	local relay
	reload
	(run_in $id-host "$tmp/relay" 9000 10.77.1.3 7000) &
	relay=$!
	await_listener $id-host 9000
	reach proxy $id-a $id-b 10.77.1.1 9000 2
	pkill -P $relay
	wait $relay
}

# Connection tracking forgets after four seconds, and what belongs to no connection is dropped. Connections
# that were idle for ten are used again and closed, by either end, while they are redirected, and after that.
idle() {
	local n when server_of=() told left
	ip netns exec $id-host sh -c 'echo 4 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established'
	ip netns exec $id-host nft -f - <<-END
		table inet strict {
			chain forward {
				type filter hook forward priority 0
				ct state invalid drop
				ct state new tcp flags & (fin | syn | rst | ack) != syn drop
			}
		}
	END
	KEEPALIVE=1 reload
	for n in 1 2 3 4 5 6; do
		serve $id-b 700$n
		server_of[n]=$server
		start $n run_in $id-a "$tmp/live" ipv4 10.77.9.9 700$n
		ask $n
	done
	sleep 10
	n=1
	for when in redirected off unloaded; do
		[ $when != off ] || configure 1
		[ $when != unloaded ] || unload
		told=
		ask $n && told=$heard
		stop $n
		left=0
		gone "${server_of[n]}" || { left=1 && pkill -P "${server_of[n]}"; }
		wait "${server_of[n]}"
		verdict idle-$when client $((left == 0)) "\"answered\": \"$told\", \"closed\": $((!left))"
		n=$((n + 1))
		told=
		ask $n && told=$heard
		pkill -P "${server_of[n]}"
		wait "${server_of[n]}"
		ask $n
		stop $n
		verdict idle-$when server $((${#heard} > 2)) "\"answered\": \"$told\", \"closed\": $((${#heard} > 2))"
		n=$((n + 1))
	done
	ip netns exec $id-host nft delete table inet strict
	ip netns exec $id-host sh -c 'echo 432000 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established'
}
# Probes are sent as long as data is redirected, and then as the program had it.
keepalive() {
	local f how during after
	for f in $families; do
		for how in none before meanwhile; do
			KEEPALIVE=40 reload
			start 1 run_in $id-a "$tmp/keepalive" "$f" $how
			ask 1
			during=$heard
			configure 1
			for _ in {1..20}; do
				ask 1
				after=$heard
			done
			stop 1
			verdict keepalive-$how "$f" 1 "\"during\": \"$during\", \"after\": \"$after\""
		done
	done
}

build live relay keepalive
for each in $cases; do
	declare -F "$each" >/dev/null || { echo "what is $each?" >&2; exit 2; }
	$each
done
exit $failed
