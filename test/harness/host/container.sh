#!/bin/sh
# Plays a container on a host that fleetHost.sh plays: container.sh PID CGROUP MOUNT USER CAPABILITIES COMMAND…, as root.
# PID is the host's first process, CGROUP that of the container, MOUNT where cgroup v2 is mounted; the capabilities
# are as setpriv names them, "+bpf,+net_admin" say, or empty. It has the host's network, its cgroups (read-only)
# and BPF file system, mounts, processes and a root of cgroups of its own, and all else read-only.
set -eu
if [ "$1" != --inside ]; then
	pid=$1
	shift
	echo 0 >"$1/cgroup.procs"
	shift
	exec nsenter --target "$pid" --mount --net --uts -- \
		unshare --mount --propagation private --cgroup --pid --fork --kill-child --mount-proc -- sh "$0" --inside "$@"
fi
mount=$2 user=$3 capabilities=$4
shift 4
mount -o remount,bind,ro "$mount"
mount -o remount,bind,ro /
exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --inh-caps=-all \
	--bounding-set="-all${capabilities:+,$capabilities}" -- "$@"
