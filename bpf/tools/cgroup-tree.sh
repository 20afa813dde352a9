#!/bin/sh
# Prints the tree of cgroups $2 with what runs there, a section each: how many processes each cgroup has; the ids of
# the first 20,000 below the path of their cgroup; the names of as many; those of them that have TCP sockets, as far as
# the first 500 network namespaces and 500,000 open files go. $1 boundary.

# shellcheck disable=SC2034 # section prints it
b=$1 tree=$2
exec 2>/dev/null

# A threaded cgroup refuses to list processes: find then ends with an error, yet the rest counts. With /dev/null beside
# it, grep names also a file that is the only one.
section counts
find "$tree" -name cgroup.procs -exec grep -c '' /dev/null {} +
section members
find "$tree" -name cgroup.procs -exec grep '' /dev/null {} + | head -n 20000 | awk '{
  at = match($0, /\/cgroup\.procs:[0-9]+$/)
  if (!at) next
  path = substr($0, 1, at - 1)
  if (path != last) print last = path
  print substr($0, at + 14)
}'
section names
printf '%s\n' /proc/[0-9]*/comm | head -n 20000 | xargs grep -s '' /dev/null
section sockets
{
  printf '%s\n' /proc/[0-9]*/ns/net | head -n 20000 | xargs stat -L -c '%i %n' | sort -u -k 1,1 | head -n 500 |
    while read -r _ one; do cat "${one%ns/net}net/tcp" "${one%ns/net}net/tcp6"; done | awk '{ print $10 }'
  echo files
  printf '%s\n' /proc/[0-9]*/fd | head -n 20000 | xargs ls -l /dev/null | head -n 500000
} | awk '
  !files { if ($0 == "files") files = 1; else if ($0 > 0) tcp[$0]; next }
  /^\/proc\/[0-9]+\/fd:$/ { pid = substr($0, 7, length($0) - 10); next }
  match($0, /-> socket:\[[0-9]+\]$/) {
    inode = substr($0, RSTART + 11, RLENGTH - 12)
    if (inode in tcp && !(pid in seen)) { seen[pid]; print pid }
  }'
section end
