#!/bin/sh
# Functions that several scripts name, beside those of sockmap-bypassctl.
# shellcheck disable=SC2154 # who names them sets $root, $own and $as

# Takes all directories of pins of a cgroup away, by its number, below $root.
remove_pins_of() {
  find "$root" -mindepth 1 -maxdepth 1 -type d \( -name "$1" -o -name "$1_????????" \) 2>/dev/null |
    while IFS= read -r directory; do remove_pins "$directory"; done
}

# The network namespace of a process, by its inode; nothing where there is no such process.
netns_of() { stat -L -c %i "/proc/$1/ns/net" 2>/dev/null; }

# Chooses the network namespace $1, as PID:INODE: a process in it, which must not be another one by now; "" is the
# one at hand. Sets $enter, the command prefix that goes there, and $net, the directory of its tables.
choose_netns() {
  enter='' net=/proc/net
  [ -n "$1" ] || return 0
  [ "$(netns_of "${1%:*}")" = "${1#*:}" ] || return
  # shellcheck disable=SC2034 # for who chooses
  enter="nsenter --net=/proc/${1%:*}/ns/net --" net=/proc/${1%:*}/net
}

# Becomes the user $1, who has nothing else, for a command, in the network namespace that is chosen.
as_only() {
  only=$1
  shift
  as_account "$only" "$only" "$@"
}

# Becomes the user $1 with the group $2, by their numbers, likewise.
as_account() {
  only=$1 group=$2
  shift 2
  # shellcheck disable=SC2086 # $enter is a command and its arguments
  exec $enter setpriv --reuid="$only" --regid="$group" --clear-groups --no-new-privs -- "$@"
}

random_of() { od -An -N"$1" -t"$2" /dev/urandom | tr -d ' \n'; }

# Prints the sockets that listen on a port. The first user of a port keeps it to himself.
listeners_of() {
  awk -v port="$(printf %04X "$1")" '
    $4 == "0A" && substr($2, length($2) - 3) == port { print $10 }' "$net/tcp" "$net/tcp6" 2>/dev/null
}

# Sets $port to one where nobody listens, below the ephemeral ports, which connections of others take.
choose_port() {
  while
    port=$((20000 + $(random_of 2 u2) % 12000))
    [ -n "$(listeners_of $port)" ]
  do :; done
}

# For a sample: what the programs with the pins $pins, and the host, have counted $1, before or after it. $client and
# $server_netns are the network namespaces of both ends, as `choose_netns` takes them.
count_programs() {
  [ -n "$pins" ] || return 0
  section "redirect $1"; bpftool -j prog show pinned "$pins/sockmap_redirect"
  section "sockops $1"; bpftool -j prog show pinned "$pins/sockmap_sockops"
  count_messages "$1"
}

count_messages() { [ -z "$pins" ] || { section "counters $1"; bpftool -j map dump pinned "$pins/bypass_counters"; }; }

count_host() {
  section "cpu $1"; head -n 1 /proc/stat
  section "sent $1"; sent_lines
  section "switch $1"; cat /proc/sys/kernel/bpf_stats_enabled
}

# The lines of the devices whose sent bytes are all that went through TCP/IP.
sent_lines() {
  [ -n "$client" ] || { grep '^ *lo:' /proc/net/dev; return; }
  for end in "$client" "$server_netns"; do grep '^ *eth0:' "/proc/${end%:*}/net/dev"; done
}

# Becomes the account of a workload's place for a command there: its $cgroup, $uid, $gid, $account and $dir, with
# $memory KiB of address space at most, or "".
in_place() {
  { echo 0 >"$cgroup/cgroup.procs" && cd "$dir"; } || exit
  at_most c 0
  [ -z "$memory" ] || at_most v "$memory"
  unset SUDO_USER SUDO_UID SUDO_GID SUDO_COMMAND
  HOME=$dir TMPDIR=$dir USER=$account LOGNAME=$account
  export HOME TMPDIR USER LOGNAME
  as_account "$uid" "$gid" "$@"
}

# Does that, and lets $most bytes of its output through, and the last of its words. Sets $code to its exit status.
run_in_place() {
  exec 5>&1
  code=$({ { { (in_place "$@") 2>&1 >&6 3>&- 5>&- 6>&-; echo $? >&3; } | tail -c 4096 >&2; } 6>&1 | head -c "$most" >&5; } 3>&1)
  exec 5>&-
}

# Ends all that runs in the cgroup $1, of a workload that $uid runs. Without cgroup.kill (5.14) as that user: who has
# got the pid of one that is gone is out of reach.
end_members() {
  { echo 1 >"$1/cgroup.kill"; } 2>/dev/null && return
  while read -r pid; do
    # shellcheck disable=SC2016 # $1 is that of the inner shell
    (enter=''; as_account "$uid" "$gid" sh -c 'kill -s KILL "$1"' sh "$pid")
  done <"$1/cgroup.procs" 2>/dev/null
}

# Runs a command as the number of the compilers' directory $1 if we are root, or ends with 120.
as_owner() {
  owner=$(stat -c %g "$1")
  shift
  if [ "$(id -u)" = 0 ]; then
    { [ "$owner" -ge 61184 ] && [ "$owner" -le 65519 ]; } || exit 120
    set -- setpriv --reuid="$owner" --regid="$owner" --clear-groups --no-new-privs -- "$@"
  fi
  exec "$@"
}

# Goes into a directory that was made to compile or build in, $1, or one below it, as long as it is the account's or
# root's alone. Whoever held it may have lost his connection: it is gone then, and another one of its name may be
# anybody's. Exit 119: it is not entered.
enter_own() {
  cd "$1" && [ "$(pwd -P)" = "$1" ] || exit 119
  # Only root is somebody else by sudo: others may have inherited the variable from whoever became root before.
  me=$(id -u)
  [ "$me" != 0 ] || me=${SUDO_UID:-0}
  case $(stat -c '%u %a' .) in "0 7"[015]0 | "$me 7"[015]0) return 0 ;; esac
  echo "$1 is somebody else's now" >&2
  exit 119
}

# Puts the files of the archive on standard input into a directory, with the directories above them; each appears
# whole or not at all. -m: a copy is as new as it is there.
receive() {
  (
    umask 077
    cd -P "$1" && new=$(mktemp -d ./.upload.XXXXXXXX) || exit
    tar -xmf - -C "$new" &&
      (cd -P "$new" && find . -type d) | while IFS= read -r one; do mkdir -p "$one" || exit; done &&
      (cd -P "$new" && find . -type f) | while IFS= read -r one; do mv -fT "$new/$one" "$one" || exit; done
    code=$?
    rm -rf "$new"
    exit "$code"
  )
}

# Makes $d, a private (0700) directory with a name nobody can guess. Hosts mount the usual places for temporary files
# noexec, or have them full or closed: the first place is taken that has room for what a compiler reads and writes
# (a kernel's vmlinux.h, a program and its object), from which programs can be run where $1 is "yes", and which the
# number that `reserve` has taken, if it has, can enter; where there is none, it says why of each and ends. Who can
# rename a directory above it could put another one in its place: such places do not count.
make_scratch() {
  umask 077
  chosen='' why=''
  for t in "${TMPDIR:-}" /tmp "${XDG_RUNTIME_DIR:-}" /var/tmp "/run/user/$(id -u)" /run /dev/shm /var/cache "${HOME:-}"; do
    case $t in /*) said='' ;; *) continue ;; esac
    # Without links: where one leads may change.
    if ! d=$({ cd -P "$t" && pwd -P; } 2>&1) || ! said=$(is_ours "$d"); then said=${said:-$d}
    elif ! d=$(mktemp -d "$d/sockmap-bypass.XXXXXXXXXX" 2>&1); then said=$d
    else
      said=$({ is_roomy && { [ "$1" != yes ] || runs_programs; } && admits_own; } 2>&1) && chosen=yes && break
      rm -rf "$d"
    fi
    why="$why$t: $said
"
  done
  [ -n "$chosen" ] || { printf 'no place for temporary files\n%s' "$why" >&2; release; exit 1; }
}

is_roomy() { head -c 8388608 /dev/zero >"$d/room" && rm -f "$d/room"; }

# The shell at hand is the program to try it with.
runs_programs() {
  { cp "$(command -v sh)" "$d/sh" && "$d/sh" -c :; } || { echo 'programs cannot be run there (noexec)'; return 1; }
  rm -f "$d/sh"
}

admits_own() {
  [ -n "${as:-}" ] || return 0
  # shellcheck disable=SC2016 # $1 is that of the inner shell
  chgrp "$own" "$d" && chmod 710 "$d" && $as sh -c 'cd "$1"' sh "$d"
}

# Whether nobody but root and this account can rename what lies in $1, or a directory above it.
is_ours() {
  above=$1
  while :; do
    case $(stat -c %u "$above") in 0 | "$(id -u)") ;; *) break ;; esac
    mode=0$(stat -c %a "$above") || break
    [ $((mode & 022)) = 0 ] || [ $((mode & 01000)) != 0 ] || break
    [ "$above" != / ] || return 0
    above=${above%/*} above=${above:-/}
  done
  echo "others can rename what lies in $above"
  return 1
}
