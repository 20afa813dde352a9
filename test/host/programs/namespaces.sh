#!/bin/sh
# Network namespaces as containers of one host have them, and one that plays another host:
#
#   namespaces.sh make|remove ID
#
#   ID-a, ID-b, ID-c  containers: 10.77.1.2, .3 and .4, fd77:1::2, ::3 and ::4, at a bridge in
#   ID-host           the host: 10.77.1.1 and fd77:1::1, their way out, and by NAT the services
#                       10.77.9.9  fd77:9::9  container b, however it is asked (masquerading)
#                       10.77.8.8             one of b and c in turn
#                       10.77.1.1:8080        port 7000 of container b
#   ID-out            somewhere else: 10.78.1.2, fd78:1::2; in there 10.78.9.9 and fd78:9::9 lead back to
#                     container b, by NAT
#
# All are reached from everywhere by their addresses. Needs root, iproute2 and nft.
set -eu
id=$2
a=$id-a b=$id-b c=$id-c host=$id-host out=$id-out

inside() {
	ns=$1
	shift
	ip netns exec "$ns" "$@"
}

remove() {
	for ns in "$a" "$b" "$c" "$host" "$out"; do
		[ ! -e "/run/netns/$ns" ] || ip netns delete "$ns"
	done
}

make() {
	trap 'remove' EXIT
	for ns in "$a" "$b" "$c" "$host" "$out"; do ip netns add "$ns"; done
	for ns in "$host" "$out"; do
		inside "$ns" sh -c 'cd /proc/sys/net
			echo 1 >ipv4/ip_forward
			echo 1 >ipv6/conf/all/forwarding
			echo 0 >ipv4/conf/all/send_redirects
			echo 0 >ipv4/conf/default/send_redirects'
	done
	ip -n "$host" -batch - <<-END
		link set lo up
		link add bridge0 type bridge
		addr add 10.77.1.1/24 dev bridge0
		addr add fd77:1::1/64 dev bridge0 nodad
		link set bridge0 up
		link add out0 type veth peer name eth0 netns $out
		addr add 10.78.1.1/24 dev out0
		addr add fd78:1::1/64 dev out0 nodad
		link set out0 up
		route add 10.77.0.0/16 dev bridge0
		route add 10.78.0.0/16 via 10.78.1.2
		route add fd78::/16 via fd78:1::2
	END
	ip -n "$out" -batch - <<-END
		link set lo up
		addr add 10.78.1.2/24 dev eth0
		addr add fd78:1::2/64 dev eth0 nodad
		link set eth0 up
		route add default via 10.78.1.1
		route add default via fd78:1::1
	END
	for n in 2:"$a" 3:"$b" 4:"$c"; do
		ip -n "$host" -batch - <<-END
			link add veth${n%%:*} type veth peer name eth0 netns ${n#*:}
			link set veth${n%%:*} master bridge0
			link set veth${n%%:*} type bridge_slave hairpin on
			link set veth${n%%:*} up
		END
		ip -n "${n#*:}" -batch - <<-END
			link set lo up
			addr add 10.77.1.${n%%:*}/24 dev eth0
			addr add fd77:1::${n%%:*}/64 dev eth0 nodad
			link set eth0 up
			route add default via 10.77.1.1
			route add default via fd77:1::1
		END
	done
	inside "$host" nft -f - <<-END
		table inet services {
			chain to {
				type nat hook prerouting priority dstnat
				ip daddr 10.77.9.9 dnat ip to 10.77.1.3
				ip6 daddr fd77:9::9 dnat ip6 to fd77:1::3
				ip daddr 10.77.1.1 tcp dport 8080 dnat ip to 10.77.1.3:7000
				ip daddr 10.77.8.8 dnat ip to numgen inc mod 2 map { 0 : 10.77.1.3, 1 : 10.77.1.4 }
			}
			chain local {
				type nat hook output priority -100
				ip daddr 10.77.9.9 dnat ip to 10.77.1.3
				ip daddr 10.77.1.1 tcp dport 8080 dnat ip to 10.77.1.3:7000
			}
			chain from {
				type nat hook postrouting priority srcnat
				ct status dnat oifname bridge0 masquerade
			}
		}
	END
	inside "$out" nft -f - <<-END
		table inet elsewhere {
			chain to {
				type nat hook prerouting priority dstnat
				ip daddr 10.78.9.9 dnat ip to 10.77.1.3
				ip6 daddr fd78:9::9 dnat ip6 to fd77:1::3
			}
			chain from {
				type nat hook postrouting priority srcnat
				ct status dnat masquerade
			}
		}
	END
	trap - EXIT
}

case $1 in
make) make ;;
remove) remove ;;
esac
