#!/bin/sh
# For `guard`: the place of one sample of a workload: a cgroup below $1, the arm's, and a private directory of the
# account $2; of "" that is the login's own, or nobody where that is root. $3 is the network namespace of its server
# as PID:INODE, or "" for the one at hand. Prints "ACCOUNT UID GID PORT DIRECTORY", with a port where nobody listens.
# Whatever still runs in the cgroup in the end is ended. Exit 93: there is no such account.

undo() {
  rounds=0
  while [ -d "$cgroup" ] && [ $((rounds += 1)) -le 100 ]; do
    end_members "$cgroup"
    rmdir "$cgroup" 2>/dev/null || sleep 0.05
  done
  # Nothing is removed as root where others can put a link.
  (cd "$dir" && enter='' && as_account "$uid" "$gid" sh -c 'chmod -R u+rwX . ; find . -xdev -mindepth 1 -delete') 2>/dev/null
  rm -f "$d/server" "$d/server.code"
  rmdir "$dir" "$d"
}

fail() {
  undo
  exit 1
}

account=$2
# Only root is somebody else by sudo: others may have inherited the variable from whoever became root before.
[ -n "$account" ] || account=$(id -un "${SUDO_UID:-0}")
{ uid=$(id -u "$account") && gid=$(id -g "$account"); } || exit 93
if [ -z "$2" ] && [ "$uid" = 0 ]; then
  account=nobody
  { uid=$(id -u nobody) && gid=$(id -g nobody); } || exit 93
fi
choose_netns "$3" || { echo 'the network namespace is gone' >&2; exit 1; }
# shellcheck disable=SC2034 # for what make_scratch calls
d='' own='' as='' port='' cgroup=$1/workload
make_scratch yes
dir=$d/work
{ mkdir "$dir" && chown "$uid:$gid" "$dir" && chmod 711 "$d"; } >&2 || fail
# shellcheck disable=SC2016,SC2034 # $1 is that of the inner shell; as_account reads $enter
(enter=''; as_account "$uid" "$gid" sh -c 'cd "$1"' sh "$dir") >&2 || fail
mkdir "$cgroup" || fail
choose_port
echo "$account $uid $gid $port $dir"
