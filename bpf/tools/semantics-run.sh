#!/bin/sh
# Runs the socket probes in a cgroup. $1 cgroup, $2 a cgroup without a bypass, $3 the directory they were built in, then
# the ids of those to run.

cgroup=$1 plain=$2
enter_own "$3"
shift 3
echo 0 >"$cgroup/cgroup.procs" && exec ./semantics -o "$plain" "$@"
