#!/bin/sh
# Runs a command of a workload in its place, and exits as it does. $1 cgroup, $2 account, $3 and $4 its numbers,
# $5 directory, $6 KiB of address space or "", $7 the network namespace as PID:INODE, or "", $8 bytes of output that are
# let through, then the command.

# shellcheck disable=SC2034 # for in_place
cgroup=$1 account=$2 uid=$3 gid=$4 dir=$5 memory=$6 most=$8 code=''
choose_netns "$7" || { echo 'the network namespace is gone' >&2; exit 1; }
shift 8
run_in_place "$@"
exit "$code"
