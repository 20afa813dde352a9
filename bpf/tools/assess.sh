#!/bin/sh
# Prints the established TCP sockets of every network namespace that holds processes, twice, with the processes
# that hold them. Nothing is loaded or changed. $1 boundary, $2 seconds between, $3 how many namespaces at most.

# shellcheck disable=SC2034 # section prints it
b=$1

# Bytes of a snapshot, and of one network namespace in it.
most=67108864 most_of_one=8388608

# Prints "INODE PID…" of network namespaces, and some processes in each, the oldest first, as their numbers tell: one
# that has just begun may be gone when it is needed.
places() {
  printf '%s\n' /proc/[0-9]*/ns/net | sort -t / -k 3,3n | xargs stat -L -c '%i %n' 2>/dev/null |
    awk -v most="$1" '
      !($1 in some) && count == most { more = 1; next }
      !($1 in some) { order[++count] = $1 }
      ++seen[$1] <= 8 { split($2, path, "/"); some[$1] = some[$1] " " path[3] }
      END { for (at = 1; at <= count; at++) print order[at] some[order[at]]; if (more) print "more" }'
}

# Prints the first of some processes that is in a network namespace. $1 its inode, then the processes.
still_in() {
  inode=$1
  shift
  for one; do
    # Another process may have its number by now.
    [ "$(netns_of "$one")" != "$inode" ] || { echo "$one"; return; }
  done
  return 1
}

# Prints "INODE PID" of all sockets that processes have open, and "io_uring PID" of those that have a ring.
holders() {
  printf '%s\n' /proc/[0-9]*/fd/* | xargs stat -c %N 2>/dev/null |
    sed -n "s|^'\{0,1\}/proc/\([0-9]*\)/fd/[0-9]*'\{0,1\} -> '\{0,1\}socket:\[\([0-9]*\)\]'\{0,1\}$|\2 \1|p
      s|^'\{0,1\}/proc/\([0-9]*\)/fd/[0-9]*'\{0,1\} -> '\{0,1\}anon_inode:\[io_uring\]'\{0,1\}$|io_uring \1|p" |
    sort -u | head -n 500000
}

# Prints "PID NAME" of processes. Here the kernel escapes a line break, and the backslash.
process_names() {
  while read -r process; do
    { IFS= read -r name <"/proc/$process/status"; } 2>/dev/null || continue
    printf '%s %s\n' "$process" "${name#Name:?}"
  done
}

# Prints "PID START TICKS" of processes: when each began, and its CPU time. A name may have line breaks and brackets:
# all behind its last bracket are numbers, in the last line.
cpu_times() {
  for process in /proc/[0-9]*; do
    last=''
    while IFS= read -r line; do last=$line; done 2>/dev/null <"$process/stat" || continue
    # shellcheck disable=SC2086 # numbers
    set -- ${last##*)}
    [ $# -lt 20 ] || printf '%s %s %s\n' "${process#/proc/}" "${20}" $((${12} + ${13}))
  done
}

# Prints what connection tracking knows: the kernel's own table, or the tool's where a kernel has none.
tracked='if [ -r /proc/net/nf_conntrack ]; then grep " tcp .* ESTABLISHED " /proc/net/nf_conntrack
else conntrack -L -p tcp --state ESTABLISHED; fi'

# $1 which snapshot, on standard input the places.
snapshot() {
  section "uptime $1"; cat /proc/uptime
  while read -r inode processes; do
    # shellcheck disable=SC2086 # numbers
    process=$(still_in "$inode" $processes) || continue
    section "sockets $1 $inode"
    timeout 10 nsenter --net="/proc/$process/ns/net" -- ss -tinHOe --cgroup state established 2>/dev/null |
      head -c "$most_of_one"
    [ "$1" = 2 ] || continue
    section "listening $inode"
    timeout 10 nsenter --net="/proc/$process/ns/net" -- ss -tlnH 2>/dev/null | awk '{ print $4 }' | head -n 20000
    section "tracked $inode"
    timeout 10 nsenter --net="/proc/$process/ns/net" -- sh -c "$tracked" 2>/dev/null | head -c "$most_of_one"
  done
}

command -v ss >/dev/null || exit 3
found=$(places "$3")
section places; printf '%s\n' "$found"
section 'cpu 1'; cpu_times
printf '%s\n' "$found" | snapshot 1 | head -c "$most"
sleep "$2"
printf '%s\n' "$found" | snapshot 2 | head -c "$most"
held=$(holders)
section 'cpu 2'; cpu_times
section holders; printf '%s\n' "$held"
section names; printf '%s\n' "$held" | awk '!seen[$2]++ { print $2 }' | process_names
section end
