#!/bin/sh
# For `guard`: two cgroups, $2/bypass and $2/plain below $1, the mount. Prints the path of the one above both.

# Ends what still runs in the two, by the pids they list, and removes them and the pins, which `load` names after
# the cgroup's number. A load that is still under way finds no cgroup and undoes itself.
undo() {
  [ -z "$id" ] || [ ! -e "$root/$id" ] ||
    bpftool cgroup detach "$top/bypass" sock_ops pinned "$root/$id/sockmap_sockops" 2>/dev/null
  for cgroup in "$top/bypass" "$top/plain" "$top"; do
    rounds=0
    while [ -d "$cgroup" ] && [ $((rounds += 1)) -le 20 ]; do
      while read -r pid; do kill -s KILL "$pid" 2>/dev/null; done <"$cgroup/cgroup.procs"
      rmdir "$cgroup" 2>/dev/null || sleep 0.1
    done
  done
  if [ -n "$id" ]; then
    (check_root && remove_pins_of "$id")
    rmdir "$root" 2>/dev/null
  fi
}

top=$1/$2 id='' root=''
use_pin_root
{ mkdir "$top" && mkdir "$top/bypass" "$top/plain" && id=$(stat -c %i "$top/bypass"); } || { undo; exit 1; }
printf '%s\n' "$top"
