#!/bin/sh
# Starts the server of a workload in its place, and waits until a process there listens; it goes with the place.
# $1 cgroup, $2 account, $3 and $4 its numbers, $5 directory, $6 KiB of address space or "", $7 the network namespace
# as PID:INODE, or "", $8 "0A" for a TCP port or "00010000" for a Unix socket, as the kernel's tables call a socket that
# listens, $9 seconds, then the command, which may go into the background. Exit 94: it has ended; 95: it does not
# listen in that time; both with its last words.

listens() {
  own=$(while read -r pid; do ls -l "/proc/$pid/fd"; done <"$cgroup/cgroup.procs" 2>/dev/null |
    sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')
  [ -n "$own" ] && awk -v own=" $own" -v state="$state" '
    state == "0A" && $4 == state && index(own, " " $10 " ") ||
    state != "0A" && $4 == state && index(own, " " $7 " ") { found = 1 }
    END { exit !found }' "$net/tcp" "$net/tcp6" "$net/unix" 2>/dev/null
}

has_ended() {
  ended=$(cat "$log.code" 2>/dev/null) && [ -n "$ended" ] &&
    { [ "$ended" != 0 ] || [ -z "$(cat "$cgroup/cgroup.procs")" ]; }
}

fail() {
  end_members "$cgroup"
  wait
  cat "$log" >&2
  exit "$1"
}

# shellcheck disable=SC2034 # for in_place
cgroup=$1 account=$2 uid=$3 gid=$4 dir=$5 memory=$6 state=$8 end=$(($(date +%s) + $9)) log=${5%/*}/server net=''
choose_netns "$7" || { echo 'the network namespace is gone' >&2; exit 1; }
shift 9
{ { (in_place "$@"); echo $? >"$log.code"; } 2>&1 | tail -c 4096 >"$log"; } </dev/null >/dev/null 2>&1 &
until listens; do
  ! has_ended || fail 94
  [ "$(date +%s)" -le "$end" ] || fail 95
  sleep 0.02
done
