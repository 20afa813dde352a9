#!/bin/sh
# Takes one sample of a workload: runs its client in its place, with the counters around it. $1 boundary, $2 cgroup,
# $3 account, $4 and $5 its numbers, $6 directory, $7 KiB of address space or "", $8 bytes of output that are let
# through, $9 the programs' pins or "", then the network namespaces of client and server as PID:INODE, or "", and the
# command. Exits as it does.

count_cgroup() {
  section "usage $1"; sed -n 's/^usage_usec //p' "$cgroup/cpu.stat"
  section "clock $1"; cut -d ' ' -f 1 /proc/uptime
}

# The largest resident sizes, in kB, of what still runs: its server.
peaks() {
  while read -r pid; do sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status"; done <"$cgroup/cgroup.procs" 2>/dev/null
}

# shellcheck disable=SC2034 # for section and in_place
b=$1 cgroup=$2 account=$3 uid=$4 gid=$5 dir=$6 memory=$7 most=$8 pins=$9
shift 9
# shellcheck disable=SC2034 # for count_host
client=$1 server_netns=$2 code=''
shift 2
choose_netns "$client" || { echo 'the network namespace is gone' >&2; exit 1; }
count_messages idle
section load; cat /proc/loadavg
count_programs before
count_host before
count_cgroup before
section output
run_in_place "$@"
count_cgroup after
count_host after
count_programs after
section memory; peaks
section end
exit "$code"
