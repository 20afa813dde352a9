#!/bin/sh
# Reads what a bypass does now: far less than its whole status, for a page that asks every few seconds. $1 boundary,
# $2 its directory of pins, $3 "yes" to look for the processes that have the sockets, then its cgroups. Sections:
#
#   state      "HUNDREDTHS PIN": of a second since boot, and the number of the counters' pin; nothing where it is not
#              pinned there any more
#   counters   NAME=NUMBER,...
#   config     what bpftool prints of bypass_config, which classic programs do not have
#   sockets    "held N" in the map, "mine N" of the cgroups, "more" where not all network namespaces or sockets were
#              read, "ss" where ss is too old or missing, and for 500 sockets "COOKIE IN_MAP INODE BYTES_SENT SEGMENTS
#              LOCAL PEER": those in the map first, numbers as tcp_info has them, which is what went over TCP alone
#   owners     "INODE PID"
#   names      "PID NAME", the name as in /proc/PID/status
#
# Sockets are those of at most 16 network namespaces of the cgroups' processes; processes 500 of the cgroups.

# shellcheck disable=SC2034 # section prints it
b=$1
pins=$2 owners=$3
shift 3
use_pin_root
check_root
case ${pins#"$root"/} in *[!0-9A-Za-z_]* | '') exit 1 ;; esac
exec 2>/dev/null
find_mount

section state
read -r now _ </proc/uptime
if pin=$(stat -c %i "$pins/bypass_counters"); then
  echo "${now%.*}${now#*.} $pin"
  section counters; bpftool -j map dump pinned "$pins/bypass_counters" | sum_counters
  section config; [ ! -e "$pins/bypass_config" ] || bpftool -j map dump pinned "$pins/bypass_config"
fi

# Prints the sockets of the network namespace of process $1; the state comes first in each line.
sockets_of() {
  at_all='state connected exclude time-wait exclude syn-recv'
  # shellcheck disable=SC2086 # words of a filter
  timeout 10 nsenter --net="/proc/$1/ns/net" ss -tinHOe $at_all || timeout 10 ss -tinHOe $at_all || echo ss
}

section sockets
little=yes
case $(host_word 1) in '01 '*) ;; *) little=no ;; esac
sockets=$(
  {
    bpftool map dump pinned "$pins/bypass_socks"
    namespaces "$@" | awk '$1 == "more" || ++count > 17 { print "more"; exit } $2 > 0 || $3 != 1 { print $3 }' |
      while read -r process; do
        case $process in more) echo more ;; *) sockets_of "$process" ;; esac
      done
    for cgroup; do printf 'below %s\n' "${cgroup#"$mount"}"; done
  } | awk -v little=$little '
    function number(name) {
      return match($0, " " name ":[0-9]+") ? substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2) : 0
    }
    function is_mine(at, path, i) {
      at = index($0, " cgroup:")
      if (!at) return 0
      path = substr($0, at + 8)
      for (i = 1; i <= roots; i++)
        if (root[i] == "" || (index(path, root[i]) == 1 && substr(path, length(root[i]) + 1, 1) ~ /^[ \/]?$/)) return 1
      return 0
    }
    # Bytes of a number of 64 bits, in the order of this machine.
    /^key: / {
      if ($10 != "value:" || NF != 18) next
      cookie = ""
      for (i = 11; i <= 18; i++) cookie = little == "yes" ? $i cookie : cookie $i
      sub(/^0+/, "", cookie)
      held[cookie] = 1
      next
    }
    $1 == "Found" { print "held " $2; next }
    $0 == "more" || $0 == "ss" { if (!(said[$0]++)) print; next }
    /^below / { root[++roots] = substr($0, 7); next }
    match($0, / sk:[0-9a-f]+/) { line[++lines] = $0; id[lines] = substr($0, RSTART + 4, RLENGTH - 4) }
    END {
      for (pass = 1; pass <= 2; pass++)
        for (j = 1; j <= lines; j++) {
          if (pass == 2 && id[j] in held) continue
          $0 = line[j]
          if (pass == 1 ? !(id[j] in held) : !is_mine()) continue
          if (++mine > 500) continue
          print id[j], (id[j] in held), number("ino"), number("bytes_sent"), number("data_segs_out"), $4, $5
        }
      print "mine " mine + 0
    }'
)
printf '%s\n' "$sockets"

if [ "$owners" = yes ]; then
  section owners
  found=$(
    {
      printf '%s\n' "$sockets" | awk 'NF == 7 && $3 > 0 { print "wanted " $3 }'
      find "$@" -name cgroup.procs -exec cat {} + | head -n 500 | sed 's|.*|/proc/&/fd|' |
        xargs sh -c '[ $# = 0 ] || find "$@" -mindepth 1 -maxdepth 1' sh | head -n 20000 | xargs stat -c %N
    } | awk -F"'" '
      /^wanted / { wanted[substr($0, 8)] = 1; next }
      NF == 5 && $4 ~ /^socket:\[[0-9]+\]$/ {
        inode = substr($4, 9, length($4) - 9)
        if (!(inode in wanted)) next
        delete wanted[inode]
        split($2, path, "/")
        print inode, path[3]
      }'
  )
  printf '%s\n' "$found"
  section names
  printf '%s\n' "$found" | awk '!seen[$2]++ { print $2 }' | while read -r process; do
    sed -n "s/^Name:[[:blank:]]*/$process /p" "/proc/$process/status"
  done
fi
section end
