#!/bin/sh
# Plays a host of a fleet: fleetHost.sh NAME CGROUP MOUNT BIN, as root. MOUNT is where cgroup v2 is mounted, CGROUP one
# below it, which is the host's root; BIN a directory that the host has as /usr/local/bin. Prints "ready", and
# stays. Who enters its namespaces, as sshd does, and its cgroup, is there.
set -eu
if [ "$1" != --inside ]; then
	# Entered before the namespace is made: it is the root that is seen inside.
	echo 0 >"$2/cgroup.procs"
	exec unshare --mount --propagation private --net --cgroup --uts -- sh "$0" --inside "$1" "$3" "$4"
fi
hostname "$2"
umount "$3"
mount -t cgroup2 cgroup2 "$3"
mount -t bpf -o mode=0700 bpf /sys/fs/bpf
mount -t tmpfs -o mode=0755 tmpfs /opt
mount --bind "$4" /usr/local/bin
mkdir "$3/app.slice"
ip link set lo up
# A host has an address beside loopback: netperf does not work without one.
ip link add host0 type veth peer name host1
ip address add 192.0.2.1/24 dev host0
ip link set host1 up
ip link set host0 up
echo ready
exec sleep infinity
