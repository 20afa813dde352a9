#!/bin/sh
# The addresses that are this host's own, and whether the loopback device is up. $1 boundary.

# shellcheck disable=SC2034 # section prints it
b=$1
exec 2>/dev/null
section flags; ip -o link show lo || cat /sys/class/net/lo/flags
section ipv4; cat /proc/net/fib_trie
section ipv6; cat /proc/net/if_inet6
section end
