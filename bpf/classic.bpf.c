// SPDX-License-Identifier: GPL-2.0
/*
 * The classic sockmap bypass: every established IPv4 socket goes into a
 * SOCKHASH under its address and port pairs, and each message is redirected to
 * the socket with the mirrored pairs.
 *
 * This is the yardstick, kept as simple as the published ones. It reorders
 * bytes, leaks across network namespaces and queues without bound: measure it,
 * do not deploy it. sockmap_bypass.bpf.c is the one to use.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

struct flow_key {
	__be32 local_ip;
	__be32 remote_ip;
	__u32 local_port;
	__u32 remote_port;
};

struct counters {
	__u64 sockets_added;
	__u64 redirected_messages;
	__u64 redirected_bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, __u64);
} bypass_socks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} bypass_counters SEC(".maps");

static struct counters *counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&bypass_counters, &zero);
}

SEC("sockops")
int sockmap_sockops(struct bpf_sock_ops *ops)
{
	struct counters *count = counters();
	struct flow_key key;

	if (ops->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&
	    ops->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		return 1;
	if (ops->family != AF_INET)
		return 1;

	/* The kernel gives the local port in host order, the remote one not. */
	key.local_ip = ops->local_ip4;
	key.remote_ip = ops->remote_ip4;
	key.local_port = ops->local_port;
	key.remote_port = bpf_ntohl(ops->remote_port);

	if (!bpf_sock_hash_update(ops, &bypass_socks, &key, BPF_NOEXIST) && count)
		count->sockets_added++;
	return 1;
}

SEC("sk_msg")
int sockmap_redirect(struct sk_msg_md *msg)
{
	struct counters *count = counters();
	struct flow_key peer;

	if (msg->family != AF_INET)
		return SK_PASS;

	peer.local_ip = msg->remote_ip4;
	peer.remote_ip = msg->local_ip4;
	peer.local_port = bpf_ntohl(msg->remote_port);
	peer.remote_port = msg->local_port;

	if (bpf_msg_redirect_hash(msg, &bypass_socks, &peer, BPF_F_INGRESS) == SK_PASS &&
	    count) {
		count->redirected_messages++;
		count->redirected_bytes += msg->size;
	}
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
