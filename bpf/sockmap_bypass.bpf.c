// SPDX-License-Identifier: GPL-2.0
/*
 * The guarded sockmap bypass: messages between two TCP sockets of one host go
 * straight from the sender to the receiver's queue, past TCP/IP.
 *
 * Each direction of a connection is on the bypass or on TCP, and the reader
 * always drains redirected data before it looks at TCP's receive queue. So
 * going from bypass to TCP is always safe, and one rule keeps bytes in order:
 * redirect only while no byte sent over TCP is unread (see on_bypass()).
 *
 * Socket state lives in socket-local storage. The two ends of a connection find
 * each other once, through bypass_flows; from then on a direction knows its
 * peer by socket cookie, which the kernel never hands out twice: a stale peer
 * can be missed but never mistaken for another.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

#define MAX_SOCKETS 65536

/* What a queued message costs beyond its payload: struct sk_msg and slack. */
#define MSG_OVERHEAD 1024

#define DEFAULT_QUEUE_BOUND   (4u << 20)
#define DEFAULT_ONE_WAY_LIMIT 256
#define DEFAULT_SMALL_MESSAGE 8192

enum policy { GUARDED, OFF, CLASSIC };

/* All zero means default. */
struct config {
	__u32 mode;	     /* enum policy */
	__u32 one_way_limit; /* small messages without an answer before TCP */
	__u32 small_message; /* bytes below which a message is small */
	__u32 reserved;
	__u64 queue_bound; /* bytes queued at one receiver */
};

struct counters {
	__u64 sockets_added;
	__u64 map_full;
	__u64 redirected_messages;
	__u64 redirected_bytes;
	__u64 tcp_early_bytes;
	__u64 tcp_queue_bound;
	__u64 tcp_one_way_small;
	__u64 tcp_switched_off;
	__u64 tcp_peer_gone;
};

struct flow_key {
	__u64 netns;
	__u32 local_ip[4]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 remote_ip[4];
	__u16 local_port;
	__u16 remote_port;
	__u32 pad;
};

struct endpoint {
	__u64 cookie;
	__u64 sk;
};

/* Why a direction is on TCP. */
enum route {
	UNPAIRED,
	BYPASS,
	TCP_EARLY_BYTES,
	TCP_QUEUE_BOUND,
	TCP_ONE_WAY_SMALL,
	TCP_SWITCHED_OFF,
	TCP_PEER_GONE,
};

/* One socket, as the sending end of its direction. */
struct conn {
	struct flow_key peer_key;
	__u64 cookie;
	struct endpoint peer;
	__u64 unread;  /* charge redirected since the peer's queue was empty */
	__u32 tcp_seq; /* write_seq while every byte has gone by bypass */
	__u32 one_way; /* messages since the peer last sent one */
	__u32 peer_activity;
	__u32 path;
};

struct prefix {
	__u32 len;
	__u8 addr[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, MAX_SOCKETS);
	__type(key, __u64);
	__type(value, __u64);
} bypass_socks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_SOCKETS);
	__type(key, struct flow_key);
	__type(value, struct endpoint);
} bypass_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct conn);
} bypass_conns SEC(".maps");

/*
 * Messages sent, by socket cookie modulo the size. A collision only makes a
 * one-way stream look answered, so no entry is ever owned or cleaned up.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_SOCKETS);
	__type(key, __u32);
	__type(value, __u32);
} bypass_activity SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct prefix);
	__type(value, __u32);
} bypass_local SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} bypass_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} bypass_counters SEC(".maps");

#define count(field, n)                                                                  \
	do {                                                                             \
		struct counters *__c =                                                   \
			bpf_map_lookup_elem(&bypass_counters, &(__u32){0});              \
		if (__c)                                                                 \
			__c->field += (n);                                               \
	} while (0)

static bool is_loopback(const __u32 ip[4])
{
	if (ip[0] || ip[1])
		return false;
	if (ip[2] == bpf_htonl(0xffff))
		return (ip[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return !ip[2] && ip[3] == bpf_htonl(1);
}

static bool is_local(const __u32 ip[4])
{
	struct prefix p = {.len = 128};

	if (is_loopback(ip))
		return true;
	__builtin_memcpy(p.addr, ip, sizeof(p.addr));
	return bpf_map_lookup_elem(&bypass_local, &p);
}

/*
 * The verifier wants each context load at a constant offset; a barrier stops
 * clang from merging the loads of two branches into one at a variable offset.
 */
#define load(x)                                                                          \
	({                                                                               \
		__u32 __v = (x);                                                         \
		asm volatile("" : "+r"(__v));                                            \
		__v;                                                                     \
	})

static void flow_key(struct bpf_sock_ops *ops, struct flow_key *key)
{
	key->netns = bpf_get_netns_cookie(ops);
	if (ops->family == AF_INET) {
		key->local_ip[2] = bpf_htonl(0xffff);
		key->local_ip[3] = load(ops->local_ip4);
		key->remote_ip[2] = bpf_htonl(0xffff);
		key->remote_ip[3] = load(ops->remote_ip4);
	} else {
		key->local_ip[0] = load(ops->local_ip6[0]);
		key->local_ip[1] = load(ops->local_ip6[1]);
		key->local_ip[2] = load(ops->local_ip6[2]);
		key->local_ip[3] = load(ops->local_ip6[3]);
		key->remote_ip[0] = load(ops->remote_ip6[0]);
		key->remote_ip[1] = load(ops->remote_ip6[1]);
		key->remote_ip[2] = load(ops->remote_ip6[2]);
		key->remote_ip[3] = load(ops->remote_ip6[3]);
	}
	/* The kernel gives the local port in host order, the remote one not. */
	key->local_port = ops->local_port;
	key->remote_port = bpf_ntohl(ops->remote_port);
}

static void mirror(const struct flow_key *key, struct flow_key *peer)
{
	*peer = *key;
	__builtin_memcpy(peer->local_ip, key->remote_ip, sizeof(peer->local_ip));
	__builtin_memcpy(peer->remote_ip, key->local_ip, sizeof(peer->remote_ip));
	peer->local_port = key->remote_port;
	peer->remote_port = key->local_port;
}

static void established(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct endpoint self = {};
	struct flow_key key = {};
	struct tcp_sock *tp;
	struct conn *conn;

	if (!sk || (ops->family != AF_INET && ops->family != AF_INET6))
		return;
	flow_key(ops, &key);
	if (!is_local(key.remote_ip) || !is_local(key.local_ip))
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!conn)
		return;

	self.cookie = bpf_get_socket_cookie(ops);
	self.sk = (unsigned long)tp;
	conn->cookie = self.cookie;
	conn->tcp_seq = tp->write_seq;
	/* Fast Open sent data with the SYN. */
	if (tp->data_segs_out || tp->write_seq != tp->snd_nxt)
		conn->tcp_seq = tp->write_seq - 1;
	mirror(&key, &conn->peer_key);

	if (bpf_sock_hash_update(ops, &bypass_socks, &self.cookie, BPF_NOEXIST)) {
		count(map_full, 1);
		bpf_sk_storage_delete(&bypass_conns, sk);
		return;
	}
	/* Last: whoever finds the flow may redirect to the socket. */
	if (bpf_map_update_elem(&bypass_flows, &key, &self, BPF_ANY))
		count(map_full, 1);
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags |
					       BPF_SOCK_OPS_STATE_CB_FLAG);
	count(sockets_added, 1);
}

static void closed(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct endpoint *end;
	struct flow_key key;
	struct conn *conn;

	if (!sk)
		return;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, 0);
	if (!conn)
		return;
	mirror(&conn->peer_key, &key);
	end = bpf_map_lookup_elem(&bypass_flows, &key);
	if (end && end->cookie == conn->cookie)
		bpf_map_delete_elem(&bypass_flows, &key);
}

SEC("sockops")
int sockmap_sockops(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		established(ops);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ops->args[1] == BPF_TCP_CLOSE)
			closed(ops);
		break;
	}
	return 1;
}

static bool ingress_empty(struct tcp_sock *peer)
{
	/* The low bits of sk_user_data are flags. */
	unsigned long data =
		(unsigned long)BPF_CORE_READ(peer, inet_conn.icsk_inet.sk.sk_user_data);
	struct sk_psock *psock = (void *)(data & ~7ul);

	return BPF_CORE_READ(psock, ingress_msg.next) == &psock->ingress_msg;
}

static bool queue_has_room(struct conn *conn, __u32 size, __u64 bound)
{
	__u64 cost = size + MSG_OVERHEAD;
	struct tcp_sock *peer = (void *)(unsigned long)conn->peer.sk;
	__u64 queued =
		BPF_CORE_READ(peer, inet_conn.icsk_inet.sk.sk_backlog.rmem_alloc.counter);

	/* Small messages cost more than their bytes: scale the bound down. */
	if (queued)
		return queued * cost < bound * size;

	/*
	 * Nothing queued, or a kernel that does not count redirected bytes
	 * (before 6.13): there, allow one bound's worth between two moments at
	 * which the reader had emptied its queue.
	 */
	if (ingress_empty(peer))
		conn->unread = 0;
	conn->unread += cost;
	return conn->unread <= bound;
}

static bool one_way_small(struct conn *conn, struct tcp_sock *tp, __u32 size,
			  const struct config *conf)
{
	__u32 slot = conn->cookie % MAX_SOCKETS,
	      peer_slot = conn->peer.cookie % MAX_SOCKETS;
	__u32 *sent = bpf_map_lookup_elem(&bypass_activity, &slot);
	__u32 *peer_sent = bpf_map_lookup_elem(&bypass_activity, &peer_slot);

	if (!sent || !peer_sent)
		return false;
	(*sent)++;
	if (*peer_sent != conn->peer_activity) {
		conn->peer_activity = *peer_sent;
		conn->one_way = 0;
		return false;
	}
	if (size >= (conf->small_message ?: DEFAULT_SMALL_MESSAGE)) {
		conn->one_way = 0;
		return false;
	}
	if (++conn->one_way <= (conf->one_way_limit ?: DEFAULT_ONE_WAY_LIMIT))
		return false;
	return !BPF_CORE_READ_BITFIELD(tp, nonagle);
}

static bool pair(struct conn *conn)
{
	struct endpoint *peer = bpf_map_lookup_elem(&bypass_flows, &conn->peer_key);

	if (!peer)
		return false;
	conn->peer = *peer;
	return true;
}

static int leave(struct conn *conn, enum route why)
{
	conn->path = why;
	switch (why) {
	case TCP_EARLY_BYTES:
		count(tcp_early_bytes, 1);
		break;
	case TCP_QUEUE_BOUND:
		count(tcp_queue_bound, 1);
		break;
	case TCP_ONE_WAY_SMALL:
		count(tcp_one_way_small, 1);
		break;
	case TCP_SWITCHED_OFF:
		count(tcp_switched_off, 1);
		break;
	default:
		count(tcp_peer_gone, 1);
	}
	return SK_PASS;
}

SEC("sk_msg")
int sockmap_redirect(struct sk_msg_md *msg)
{
	__u32 key = 0;
	struct config *conf = bpf_map_lookup_elem(&bypass_config, &key);
	struct bpf_sock *sk = msg->sk;
	__u32 size = msg->size;
	struct tcp_sock *tp;
	struct conn *conn;

	if (!conf || !sk)
		return SK_PASS;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, 0);
	if (!conn || conn->path > BYPASS)
		return SK_PASS;
	if (conf->mode == OFF)
		return leave(conn, TCP_SWITCHED_OFF);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return SK_PASS;
	if (tp->write_seq != conn->tcp_seq)
		return leave(conn, TCP_EARLY_BYTES);

	if (conn->path == UNPAIRED) {
		if (!pair(conn))
			return leave(conn, TCP_EARLY_BYTES);
		conn->path = BYPASS;
	}
	if (conf->mode != CLASSIC) {
		if (one_way_small(conn, tp, size, conf))
			return leave(conn, TCP_ONE_WAY_SMALL);
		if (!queue_has_room(conn, size, conf->queue_bound ?: DEFAULT_QUEUE_BOUND))
			return leave(conn, TCP_QUEUE_BOUND);
	}
	if (bpf_msg_redirect_hash(msg, &bypass_socks, &conn->peer.cookie,
				  BPF_F_INGRESS) != SK_PASS)
		return leave(conn, TCP_PEER_GONE);
	count(redirected_messages, 1);
	count(redirected_bytes, size);
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
