#!/bin/sh
# For `guard`: two network namespaces, client and server, joined by veth pairs and a bridge, as those of containers
# are. The bridge is in a third one: in the host's there is nothing of them, no device, no address, no name, and its
# packet filter sees nothing. Each namespace goes with the process that holds it, and that one with this shell,
# however it ends. Prints "CLIENT SERVER BRIDGE ADDRESS", the first three as PID:INODE, the process and its namespace,
# then the server's address, one that RFC 2544 keeps for measuring.

undo() {
  # shellcheck disable=SC2086 # each is a word; they are children of this shell, so that nobody else has their numbers
  kill -s KILL $holders 2>/dev/null
  wait
}

fail() {
  undo
  exit 1
}

# Sets $held to the process that holds a new namespace.
hold_netns() {
  setpriv --pdeathsig KILL -- unshare --net -- sleep 2147483647 </dev/null >/dev/null 2>&1 &
  held=$! waits=0
  holders="$holders $held"
  while inode=$(netns_of $held); [ -z "$inode" ] || [ "$inode" = "$(netns_of $$)" ]; do
    { kill -0 $held 2>/dev/null && [ $((waits += 1)) -le 200 ]; } || { echo 'a network namespace cannot be made' >&2; fail; }
    sleep 0.02
  done
}

# Gives end $1, of process $2, a device with address $3, whose other end is a port of the bridge.
connect_end() {
  at "$bridge" ip link add name "$1" type veth peer name eth0 netns "/proc/$2/ns/net" &&
    at "$bridge" ip link set dev "$1" master bridge up &&
    at "$2" ip link set dev lo up &&
    at "$2" ip address add "$3/24" dev eth0 &&
    at "$2" ip link set dev eth0 up
}

at() {
  within=$1
  shift
  nsenter --net="/proc/$within/ns/net" -- "$@"
}

holders=''
for tool in ip unshare nsenter setpriv; do
  command -v $tool >/dev/null || { echo "$tool: not found" >&2; exit 1; }
done
unshare --net -- true || exit
hold_netns; client=$held
hold_netns; server=$held
hold_netns; bridge=$held
{
  at "$bridge" ip link add name bridge type bridge &&
    at "$bridge" ip link set dev bridge up &&
    connect_end client "$client" 198.18.0.1 &&
    connect_end server "$server" 198.18.0.2
} >&2 || fail
echo "$client:$(netns_of "$client") $server:$(netns_of "$server") $bridge:$(netns_of "$bridge") 198.18.0.2"
