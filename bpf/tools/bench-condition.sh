#!/bin/sh
# Prints what has become of a cgroup, its netserver, its programs and its network namespace. $1 boundary, $2 cgroup,
# $3 the netserver's process, $4 pins or "", $5 the process that holds the namespace, or "".

# shellcheck disable=SC2034 # section prints it
b=$1 cgroup=$2 server=$3 pins=$4 holder=$5
exec 2>/dev/null
section cgroup; stat -c %i "$cgroup"
section events; cat "$cgroup/cgroup.events"
section members; cat "$cgroup/cgroup.procs"
section started; started "$server"
section redirect; [ -z "$pins" ] || bpftool -j prog show pinned "$pins/sockmap_redirect"
section netns; [ -z "$holder" ] || netns_of "$holder"
section end
