#!/bin/sh
# For `guard`: a user of its own and, for each kind of arm, a cgroup with a netserver of that user, which ordinary
# users of the host cannot order about: they do not know its passphrase unless they look for it in the list of
# processes, and then it can do no more than they. $1 is the address, $2 the network namespace as PID:INODE, or "" for
# the one at hand, then the cgroups. Prints the user's number, the passphrase, and of each netserver "CGROUP:PID:STARTED:SOCKET:PORT", the first three of them its
# cgroup's number and its process, SOCKET the inode it listens with.
# A cgroup that is there is another writer's of the same document; one that was cut off needs a moment to go. Exit
# 91: it did not, and is named; 120: netserver would be root.

# Ends the netservers with all they started, wherever somebody may have moved them, and removes the cgroups: the
# kernel then detaches what the run loaded there. Who else is in one goes up. Last its pins, in whatever state a
# load left them, also of a cgroup that somebody removed.
undo() {
  end_own
  printf %s "$cgroups" | while read -r id cgroup; do
    rounds=0
    while [ $((rounds += 1)) -le 20 ] && [ "$(stat -c %i "$cgroup" 2>/dev/null)" = "$id" ]; do
      while read -r pid; do
        # shellcheck disable=SC2016 # $1 is that of the inner shell
        $as sh -c 'kill -s KILL "$1"' sh "$pid" 2>/dev/null || echo "$pid" >"${cgroup%/*}/cgroup.procs"
      done <"$cgroup/cgroup.procs" 2>/dev/null
      rmdir "$cgroup" 2>/dev/null || sleep 0.1
    done
    [ -z "$id" ] || (check_root && remove_pins_of "$id")
  done
  rmdir "$root" 2>/dev/null
  release
}

# The netserver's own among them: whoever else listens there gets no connection of ours.
own_socket() {
  for socket in $(listeners_of "$port"); do
    # shellcheck disable=SC2010 # names of descriptors are numbers
    ls -l "/proc/$server/fd" 2>/dev/null | grep -qF "socket:[$socket]" && return 0
  done
  return 1
}

serve() {
  ports=0
  while [ $((ports += 1)) -le 10 ]; do
    choose_port
    set -- "$1" netserver -D -N -p "$port" -L "$address" ${pass:+-Z "$pass"}
    # It goes with this shell, however that ends.
    # shellcheck disable=SC2086 # $enter and $as are commands and their arguments
    { cgroup=$1; shift; echo 0 >"$cgroup/cgroup.procs" && exec setsid $enter $as setpriv --pdeathsig KILL -- "$@"; } </dev/null >/dev/null 2>&1 9>&- &
    server=$!
    waits=0
    while [ $((waits += 1)) -le 20 ]; do
      own_socket && return 0
      kill -0 $server 2>/dev/null || break
      sleep 0.1
    done
  done
  echo "netserver did not start on $address" >&2
  return 1
}

address=$1 cgroups='' line='' own='' as='' pass='' root='' enter='' port=''
choose_netns "$2" || { echo 'the network namespace is gone' >&2; exit 1; }
shift 2
cd / || exit
use_pin_root
reserve ''
! netserver -h 2>&1 | grep -q '^ *-Z' || pass=$(random_of 12 x1)
for cgroup; do
  waits=0
  while [ -d "$cgroup" ] && [ $((waits += 1)) -le 30 ]; do sleep 0.5; done
  [ ! -d "$cgroup" ] || { printf '%s\n' "$cgroup" >&2; undo; exit 91; }
  { mkdir "$cgroup" && id=$(stat -c %i "$cgroup"); } || { undo; exit 1; }
  # No cgroup has a line break in its name.
  cgroups="$cgroups$id $cgroup
"
  serve "$cgroup" || { undo; exit 1; }
  line="$line $id:$server:$(started "$server"):$socket:$port"
done
printf '%s\n' "$own ${pass:--}$line"
