#!/bin/sh
# Tries netperf for a moment, which has to end by itself. $1 boundary, $2 cgroup, $3 the user's number, $4 seconds
# that the first packets take at most on a device that carries them, $5 the network namespace as PID:INODE, or "" for
# the one at hand, then netperf's argv. In the section `unanswered` are the ports, in hexadecimal, that it still waits
# for a first answer of, in `code` its exit status, or nothing where it had to be ended.

# shellcheck disable=SC2034 # section prints it
b=$1 cgroup=$2 uid=$3 seconds=$4 net=''
choose_netns "$5" || { echo 'the network namespace is gone' >&2; exit 1; }
shift 5
section netperf
(echo 0 >"$cgroup/cgroup.procs" && cd / && as_only "$uid" "$@") 2>&1 &
netperf=$!
end=$(($(date +%s) + seconds))
sleep 0.05
while kill -0 $netperf 2>/dev/null && [ "$(date +%s)" -le $end ]; do sleep 0.2; done
section unanswered
awk -v uid="$uid" '$4 == "02" && $8 == uid { print substr($3, length($3) - 3) }' "$net/tcp" "$net/tcp6" 2>/dev/null
section code
# shellcheck disable=SC2016 # $1 is that of the inner shell
(as_only "$uid" sh -c 'kill -s KILL "$1"' sh $netperf) 2>/dev/null || { wait $netperf; echo $?; }
section end
