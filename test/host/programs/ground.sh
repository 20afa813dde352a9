# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Read by the scripts that try the programs: a cgroup, pins and network namespaces of their own, the
# programs loaded there, and JSON lines for what came of it.
#
# CLANG_FLAGS in the environment are for the programs, BPF is where they are. TOPOLOGY is where the two ends
# of a connection are: in "one" network namespace, or as two containers of namespaces.sh, which meet at a
# "bridge" or through "nat".
here=$(cd "$(dirname "$0")" && pwd)
bpf=${BPF:-$here/../../../bpf}
id=$(basename "$0" .sh)-$$
pins=/sys/fs/bpf/$id
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/$id
topology=${TOPOLOGY:-one}
ns=$id ns2=$id-2
[ "$topology" = one ] || ns=$id-a
tmp=$(mktemp -d)
failed=0

clean() {
	local pid
	for pid in $(cat "$cgroup/cgroup.procs" 2>/dev/null); do kill "$pid" 2>/dev/null; done
	unload
	rm -f $pins-neighbour
	if [ "$topology" = one ]; then
		ip netns del $ns 2>/dev/null
		ip netns del $ns2 2>/dev/null
	else
		"$here/namespaces.sh" remove $id
	fi
	for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir "$cgroup" 2>/dev/null && break; sleep 0.1; done
	rm -rf "$tmp"
}

load() { # [clang flags...]
	[ "$policy" = tcp ] && return
	local source=sockmap_bypass
	[ "$policy" = classic ] && source=classic
	object=$tmp/$source${*//[^A-Z0-9]/}.o
	[ -e "$object" ] || clang -O2 -g -target bpf ${CLANG_FLAGS:-} "$@" -I"$bpf" -c "$bpf/$source.bpf.c" -o "$object" || exit 2
	load_object && attach_verdict && attach_cgroup || exit 2
}

load_object() { bpftool prog loadall "$object" $pins pinmaps $pins && configure 0; }

# The second where FIONREAD needs it, as the product does.
attach_verdict() {
	bpftool prog attach pinned $pins/sockmap_redirect msg_verdict pinned $pins/bypass_socks || return
	[ ! -e $pins/sockmap_verdict ] || ! grep -q msg_tot_len /sys/kernel/btf/vmlinux ||
		bpftool prog attach pinned $pins/sockmap_verdict stream_verdict pinned $pins/bypass_socks
}
attach_cgroup() { bpftool cgroup attach "$cgroup" sock_ops pinned $pins/sockmap_sockops multi; }

# MODE, and how far the bypass reaches: over the host where the ends are in two namespaces.
configure() {
	[ "$policy" = guarded ] || return 0
	local reach=1
	[ "$topology" = one ] && reach=0
	bpftool map update pinned $pins/bypass_config key 0 0 0 0 value \
		"$1" 0 0 0 0 0 0 0 0 0 0 0 $reach 0 0 0 0 0 0 0 0 0 0 0 || return
	[ -z "${KEEPALIVE:-}" ] ||
		bpftool map update pinned $pins/bypass_keepalive key 0 0 0 0 value "$KEEPALIVE" 0 0 0 || return
	[ "$topology" = nat ] || return 0
	# The host's own addresses, and the services' networks.
	local_network 128 00 00 00 00 00 00 00 00 00 00 ff ff 0a 4d 01 01 &&
		local_network 120 00 00 00 00 00 00 00 00 00 00 ff ff 0a 4d 08 00 &&
		local_network 120 00 00 00 00 00 00 00 00 00 00 ff ff 0a 4d 09 00 &&
		local_network 128 fd 77 00 01 00 00 00 00 00 00 00 00 00 00 00 01 &&
		local_network 64 fd 77 00 09 00 00 00 00 00 00 00 00 00 00 00 00
}

local_network() { # BITS HEX-BYTES...
	local bits
	printf -v bits %x "$1"
	shift
	bpftool map update pinned $pins/bypass_local key hex $bits 00 00 00 "$@" value 1 0 0 0
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

verdict() { # HAZARD FAMILY OK DETAILS
	local ok=false
	[ "$3" = 1 ] && ok=true || failed=$((failed + 1))
	echo "{\"test\": \"$1\", \"family\": \"$2\", ${4:+$4, }\"ok\": $ok}"
}

try() { "$@" || failed=$((failed + 1)); }

address_of() { # FAMILY IPV4 IPV6
	case $1 in
	ipv4) echo "$2" ;;
	ipv6) echo "$3" ;;
	mapped) echo "::ffff:$2" ;;
	esac
}

await_listener() { # NAMESPACE [PORT]
	for _ in {1..100}; do
		[ -n "$(ip netns exec "$1" ss -Hltn "sport = :${2:-7000}")" ] && break
		sleep 0.1
	done
}

build() {
	local p
	for p in "$@"; do cc -O2 -Wall -pthread -o "$tmp/$p" "$here/$p.c" || exit 2; done
}

bytes_of() { ip netns exec $1 awk '/eth0:/ { print $2 + $10 }' /proc/net/dev; }

# Talks to several programs, by number: each says that it is ready, and answers lines.
start() { # NUMBER COMMAND...
	local i=$1
	shift
	mkfifo "$tmp/ask-$i" "$tmp/told-$i"
	(hang_up && "$@") <"$tmp/ask-$i" >"$tmp/told-$i" 2>&1 &
	started[i]=$!
	eval "exec {ask$i}>'$tmp/ask-$i' {told$i}<'$tmp/told-$i'"
	hear "$i"
}
hear() {
	local fd=told$1
	heard=
	read -r -t 10 heard <&"${!fd}"
}
ask() { local fd=ask$1; echo >&"${!fd}"; hear "$1"; }
stop() {
	eval "exec {ask$1}>&- {told$1}<&-"
	rm "$tmp/ask-$1" "$tmp/told-$1"
	# It has no more input; one that waits for its peer goes by force.
	gone "${started[$1]}" || pkill -P "${started[$1]}"
	wait "${started[$1]}"
	unset "started[$1]"
}
started=()

gone() { # PID, within five seconds
	local _
	for _ in {1..50}; do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

# No program keeps another one's input open.
hang_up() {
	local i
	for i in "${!started[@]}"; do eval "exec {ask$i}>&- {told$i}<&-"; done
}

# Talks to a "live" program through fds 3 and 4.
live_start() { coproc LIVE { run_in $ns "$tmp/live" "$1" 2>&1; }; read -r _ <&"${LIVE[0]}"; }
live_ask() { local a=; echo >&"${LIVE[1]}"; read -r -t 5 a <&"${LIVE[0]}"; [ "$a" = ok ]; }
live_stop() { eval "exec ${LIVE[1]}>&-"; wait "$LIVE_PID" 2>/dev/null; }

trap clean EXIT
trap 'exit 3' HUP INT PIPE TERM
mkdir "$cgroup" || exit 2
if [ "$topology" = one ]; then
	ip netns add $ns && ip -n $ns link set lo up || exit 2
else
	"$here/namespaces.sh" make $id || exit 2
	export NET_SERVER=/run/netns/$id-b NET_ADDRESS_IPV4=10.77.1.3 NET_ADDRESS_IPV6=fd77:1::3
	[ "$topology" = bridge ] || export NET_ADDRESS_IPV4=10.77.9.9 NET_ADDRESS_IPV6=fd77:9::9
fi
