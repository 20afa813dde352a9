#!/bin/sh
# Runs a command in surroundings of its own, so that tests beside it meet none of its cgroups, pins,
# interfaces and network namespaces: lane.sh CGROUP MOUNT COMMAND…, as root. MOUNT is where cgroup v2 is
# mounted, CGROUP a name below it. lane.sh --remove CGROUP MOUNT ends what is left there.
set -eu
case $1 in
--remove)
	cgroup=$3/$2
	[ -d "$cgroup" ] || exit 0
	tries=0
	while [ $((tries += 1)) -le 10 ]; do
		find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null && exit 0
		sleep 0.5
	done
	find "$cgroup" -name cgroup.procs -exec cat {} + | while read -r pid; do
		echo "left: $(tr '\0' ' ' <"/proc/$pid/cmdline")" >&2
		kill -s KILL "$pid" || :
	done
	sleep 1
	find "$cgroup" -depth -type d -exec rmdir {} +
	exit 1
	;;
--inside)
	mount=$2
	shift 2
	umount "$mount"
	mount -t cgroup2 cgroup2 "$mount"
	mount -t bpf -o mode=0700 bpf /sys/fs/bpf
	mkdir -p /run/netns
	mount -t tmpfs -o mode=0755 tmpfs /run/netns
	ip link set lo up
	# A host has an address beside loopback: netperf does not work without one.
	ip link add lane0 type veth peer name lane1
	ip address add 192.0.2.1/24 dev lane0
	ip address add 2001:db8::1/64 dev lane0 nodad
	ip link set lane1 up
	ip link set lane0 up
	exec "$@"
	;;
*)
	cgroup=$2/$1 mount=$2
	shift 2
	mkdir -p "$cgroup"
	# Entered before the namespace is made: it is the root that is seen inside.
	echo 0 >"$cgroup/cgroup.procs"
	exec unshare --mount --propagation private --net --cgroup -- sh "$0" --inside "$mount" "$@"
	;;
esac
