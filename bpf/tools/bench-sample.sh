#!/bin/sh
# Takes one sample, with the counters around it. $1 boundary, $2 cgroup, $3 the user's number, $4 and $5 the
# netserver's process and the socket it listens with, $6 the programs' pins or "", $7 and $8 the network namespaces of
# netperf and netserver as PID:INODE, or "" for the one at hand, then netperf's argv. Exits with netperf's status, or
# with 90 where there is no netserver of ours that could answer.

is_served() {
  # shellcheck disable=SC2010 # names of descriptors are numbers
  ls -l "/proc/$server/fd" | grep -qF "socket:[$socket]" && grep -qx "$server" "$cgroup/cgroup.procs" &&
    ! grep -q '^frozen 1' "$cgroup/cgroup.events"
}

# shellcheck disable=SC2034 # section prints it
b=$1 cgroup=$2 uid=$3 server=$4 socket=$5 pins=$6 client=$7 server_netns=$8
shift 8
{ is_served && choose_netns "$client"; } || exit 90
count_messages idle
section load; cat /proc/loadavg
count_programs before
count_host before
section netperf
(echo 0 >"$cgroup/cgroup.procs" && cd / && as_only "$uid" "$@"); code=$?
count_host after
count_programs after
section end
[ $code != 0 ] || is_served || code=90
exit $code
