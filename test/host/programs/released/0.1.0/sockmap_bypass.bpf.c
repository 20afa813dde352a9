// SPDX-License-Identifier: GPL-2.0
/*
 * The guarded sockmap bypass: messages between two TCP sockets of one host go
 * straight from the sender to the receiver's queue, past TCP/IP.
 *
 * Each direction of a connection is either on the bypass or on TCP. The reader
 * drains redirected data before it looks at TCP's receive queue, so going from
 * the bypass to TCP is always safe. Going back is not: a byte still in TCP would
 * be overtaken, and a reader that sleeps inside tcp_recvmsg() does not see
 * redirected data. Only a direction that left because its receiver's queue was
 * full comes back, and only when tcp_drained() proves both cases away. That is
 * also how a bulk sender is held back: the few bytes it hands to TCP make it
 * block as TCP does, until the reader has caught up.
 *
 * The two ends of a connection find each other once, through bypass_flows. From
 * then on a direction knows its peer by socket cookie, which the kernel never
 * gives out twice: a peer may be missed but not mistaken for another.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

#ifndef MAX_SOCKETS
#define MAX_SOCKETS 65536
#endif

/* Whether redirected bytes are receive memory (6.13): 0 does as if not, for tests. */
#ifndef COUNTS_REDIRECTED
#define COUNTS_REDIRECTED 1
#endif

/*
 * A socket accepted from a Multipath TCP listener, as Go makes them, is a TCP
 * socket if the client asks for no more. Before 6.18 accept() does not know it
 * for one when it is in a sockmap. 0 does as if before, for tests.
 */
#ifndef ACCEPT_KNOWS_SOCKMAP
#define ACCEPT_KNOWS_SOCKMAP (LINUX_KERNEL_VERSION >= (6 << 16 | 18 << 8))
#endif

/*
 * Whether the kernel lets us load from any address, a fault reads as zero (6.17):
 * saves a fifth of the time of a call that copies. 0 does as before, and leaves
 * out a function that loaders before libbpf 1.2 must find in the kernel (5.16).
 */
#ifndef LOADS_DIRECTLY
#define LOADS_DIRECTLY (LINUX_KERNEL_VERSION >= (6 << 16 | 17 << 8))
#endif

#define DEFAULT_QUEUE_BOUND   (4u << 20)
#define DEFAULT_ONE_WAY_LIMIT 256
#define DEFAULT_SMALL_MESSAGE 16384

/* What a queued message costs beyond its payload: struct sk_msg and slack. */
#define MSG_OVERHEAD 1024

/* Messages without one from the peer after which it counts as only reading. */
#define QUIET 16

/* Bytes from which a message is bulk. */
#define BULK_SIZE 4096

/* Unsent bytes at which a bulk sender blocks while it is on TCP. */
#define BULK_NOTSENT_LOWAT 16384

/* How long a sender spins for its reader (nanoseconds), and what it may queue after. */
#define PATIENCE	 50000
#define IMPATIENT_BOUNDS 3

/* After this long (nanoseconds) every CPU has seen that a socket is leaving. */
#define LEAVING_SEEN 1000000

/* What runs for every message: saves a sixth of its time. */
#define hot __always_inline

/* Not a thread id. */
#define MANY 0xffffffff

enum mode { GUARDED, OFF, UNGUARDED };

/* All zero means default. */
struct config {
	__u32 mode;
	__u32 one_way_limit; /* small messages without an answer, then TCP */
	__u32 small_message; /* bytes below which a message is small */
	__u32 reserved;
	__u64 queue_bound; /* bytes queued at one receiver */
};

struct counters {
	__u64 sockets_added;
	__u64 sockets_removed;
	__u64 sockets_refused;
	__u64 map_full;
	__u64 redirected_messages;
	__u64 redirected_bytes;
	__u64 tcp_early_bytes;
	__u64 tcp_queue_bound;
	__u64 tcp_one_way_small;
	__u64 tcp_switched_off;
	__u64 tcp_kernel_tls;
	__u64 tcp_peer_gone;
	__u64 back_on_bypass;
};

struct flow_key {
	__u64 netns;
	__u32 local_ip[4]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 remote_ip[4];
	__u16 local_port;
	__u16 remote_port;
	__u32 pad;
};

/* Kernel addresses: only ever read from, with a fault tolerated. */
struct endpoint {
	__u64 cookie;
	__u64 tp;   /* struct tcp_sock */
	__u64 conn; /* struct conn */
};

/* What the other end reads of a socket's state. */
struct shared {
	__u64 cookie;
	__u32 sent;    /* messages */
	__u32 sender;  /* the thread that sends: none yet, an id, or MANY */
	__u32 leaving; /* do not redirect to me any more */
	__u32 removed; /* from the map */
};

enum route {
	UNPAIRED,
	BYPASS,
	TCP_QUEUE_BOUND, /* for as long as the reader lags */
	TCP_EARLY_BYTES, /* this and the rest for good */
	TCP_ONE_WAY_SMALL,
	TCP_SWITCHED_OFF,
	TCP_KERNEL_TLS, /* its records must not reach the other end as plain text */
	TCP_PEER_GONE,
};

/* A socket, as the sending end of one direction. */
struct conn {
	struct shared self;
	struct flow_key peer_key;
	struct endpoint peer;
	__u64 left_at;
	__u64 cost;	 /* of recent messages: since the peer's queue was seen empty, */
	__u64 bytes;	 /* or some more than it can hold */
	__u32 tcp_seq;	 /* write_seq as long as nothing was sent over TCP */
	__u32 peer_sent; /* the peer's messages when we last looked */
	__u32 quiet;	 /* messages since then */
	__u32 small;	 /* of these, the small ones in a row */
	__u32 route;
	bool bulk;
	bool reads_meanwhile; /* a thread of ours has slept in recv() as we sent */
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

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
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

extern int LINUX_KERNEL_VERSION __kconfig;

/* As libbpf's newer headers declare it. */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* Atomic, because a softirq may count in the middle of it. */
#define count(field)                                                                     \
	do {                                                                             \
		struct counters *__c =                                                   \
			bpf_map_lookup_elem(&bypass_counters, &(__u32){0});              \
		if (__c)                                                                 \
			__sync_fetch_and_add(&__c->field, 1);                            \
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

static struct sk_psock *psock_of(struct tcp_sock *tp)
{
	unsigned long data =
		(unsigned long)BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_user_data);

	return (void *)(data & ~7ul); /* the low bits are flags */
}

static bool ingress_empty(struct tcp_sock *tp)
{
	struct sk_psock *psock = psock_of(tp);

	return BPF_CORE_READ(psock, ingress_msg.next) == &psock->ingress_msg;
}

static struct tcp_sock *peer_tp(struct conn *conn)
{
	return (void *)(unsigned long)conn->peer.tp;
}

static hot bool read_peer(struct conn *conn, struct shared *peer)
{
	const struct conn *other = (void *)(unsigned long)conn->peer.conn;

	if (LOADS_DIRECTLY) {
		other = bpf_rdonly_cast(other, 0);
		*peer = other->self;
	} else if (bpf_probe_read_kernel(peer, sizeof(*peer), &other->self)) {
		return false;
	}
	return peer->cookie == conn->peer.cookie;
}

static hot bool peer_has_ulp(struct conn *conn)
{
	const struct tcp_sock *tp = peer_tp(conn);

	if (!LOADS_DIRECTLY)
		return BPF_CORE_READ(tp, inet_conn.icsk_ulp_ops);
	tp = bpf_rdonly_cast(tp, 0);
	return tp->inet_conn.icsk_ulp_ops;
}

/* What poll() and select() are woken by. Absent where the kernel hides its symbols. */
extern const void pollwake __ksym __weak;

/* How many threads sleep in a call on a socket, and the id of one of them. */
static int sleepers(struct tcp_sock *tp, __u32 *id)
{
	struct socket_wq *wq = BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_wq);
	struct list_head *head = &wq->wait.head;
	struct list_head *entry = BPF_CORE_READ(head, next);
	int n = 0;

	for (int i = 0; i < 8; i++) {
		struct wait_queue_entry *wait;
		struct task_struct *task;

		if (entry == head)
			return n;
		wait = (void *)entry -
		       bpf_core_field_offset(struct wait_queue_entry, entry);
		task = BPF_CORE_READ(wait, private);
		/* A thread in poll() reads nothing; epoll's entries are of no thread. */
		if (task && BPF_CORE_READ(wait, func) != &pollwake) {
			*id = BPF_CORE_READ(task, pid);
			n++;
		}
		entry = BPF_CORE_READ(entry, next);
	}
	return 1000;
}

static bool owned_or_wanted(struct tcp_sock *tp)
{
	struct list_head *waiters = &tp->inet_conn.icsk_inet.sk.sk_lock.wq.head;

	return BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_lock.owned) ||
	       BPF_CORE_READ(waiters, next) != waiters;
}

/*
 * Threads inside tcp_bpf_sendmsg() and tcp_bpf_recvmsg(), for a socket in the map;
 * -1 without a psock.
 */
static int users(struct tcp_sock *tp)
{
	struct sk_psock *psock = psock_of(tp);

	return BPF_CORE_READ(psock, refcnt.refs.counter) - 1;
}

/* Sockets the kernel uses itself: for Multipath TCP, mostly. */
static bool kernels_own(struct tcp_sock *tp)
{
	return tp->inet_conn.icsk_ulp_ops ||
	       (!ACCEPT_KNOWS_SOCKMAP &&
		BPF_CORE_READ_BITFIELD(&tp->inet_conn.icsk_inet.sk, sk_kern_sock));
}

static void established(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct endpoint self = {};
	struct flow_key key = {}, peer_key;
	__u32 zero = 0;
	struct config *conf = bpf_map_lookup_elem(&bypass_config, &zero);
	struct tcp_sock *tp;
	struct conn *conn;
	int err;

	if (!sk || (ops->family != AF_INET && ops->family != AF_INET6))
		return;
	if (!conf || conf->mode == OFF)
		return;
	flow_key(ops, &key);
	if (!is_local(key.remote_ip) || !is_local(key.local_ip))
		return;
	mirror(&key, &peer_key);
	/*
	 * The end that connects comes first. If it is not here, it is out of the
	 * cgroup or of the namespace, and this end has no use for the bypass.
	 */
	if (ops->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB &&
	    !bpf_map_lookup_elem(&bypass_flows, &peer_key))
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || kernels_own(tp))
		return;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!conn)
		return;

	self.cookie = bpf_get_socket_cookie(ops);
	self.tp = (unsigned long)tp;
	self.conn = (unsigned long)conn;
	conn->self.cookie = self.cookie;
	conn->peer_key = peer_key;
	conn->tcp_seq = tp->write_seq;
	/* Fast Open has sent data with the SYN. */
	if (tp->data_segs_out || tp->write_seq != tp->snd_nxt)
		conn->tcp_seq--;

	err = bpf_sock_hash_update(ops, &bypass_socks, &self.cookie, BPF_NOEXIST);
	if (err)
		goto not_added;
	/* Last, because whoever finds the flow may redirect to the socket. */
	err = bpf_map_update_elem(&bypass_flows, &key, &self, BPF_ANY);
	if (err) {
		bpf_map_delete_elem(&bypass_socks, &self.cookie);
		goto not_added;
	}
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags |
					       BPF_SOCK_OPS_STATE_CB_FLAG |
					       BPF_SOCK_OPS_RTT_CB_FLAG);
	count(sockets_added);
	return;

not_added:
	if (err == -E2BIG)
		count(map_full);
	else
		count(sockets_refused);
	bpf_sk_storage_delete(&bypass_conns, sk);
}

static void forget_flow(struct conn *conn)
{
	struct endpoint *end;
	struct flow_key key;

	mirror(&conn->peer_key, &key);
	end = bpf_map_lookup_elem(&bypass_flows, &key);
	if (end && end->cookie == conn->self.cookie)
		bpf_map_delete_elem(&bypass_flows, &key);
}

/*
 * May a redirect to us be in flight still? It holds no lock, but it counts as a
 * user of the peer's psock. users() leaves the map out, which is one too, until
 * the peer is removed from it.
 */
static bool redirect_in_flight(struct conn *conn)
{
	struct shared peer;
	__u32 sleeper = 0;
	int n;

	if (!conn->peer.cookie) {
		struct endpoint *end =
			bpf_map_lookup_elem(&bypass_flows, &conn->peer_key);

		if (!end)
			return false;
		conn->peer = *end;
	}
	/* Before `removed`, which is set before the map lets go. */
	n = users(peer_tp(conn));
	if (!read_peer(conn, &peer) || !peer.sender || n + (int)peer.removed <= 0)
		return false;
	return sleepers(peer_tp(conn), &sleeper) != 1 || peer.sender != sleeper;
}

static void set_notsent_lowat(struct bpf_sock_ops *ops, int bytes)
{
	bpf_setsockopt(ops, SOL_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

/*
 * Bytes of ours were acknowledged, so this direction is on TCP. For good? Then
 * take the socket out of the map: it gets the kernel's own sendmsg and recvmsg
 * back. What the peer redirects to it must not be lost, so do it only when the
 * peer knows that we are leaving, and our queue is empty.
 */
static void acked(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct tcp_sock *tp;
	struct conn *conn;

	if (!sk)
		return;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, 0);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!conn || !tp)
		return;
	if (conn->route == TCP_QUEUE_BOUND && !tp->notsent_lowat) {
		conn->bulk = true;
		set_notsent_lowat(ops, BULK_NOTSENT_LOWAT);
	}
	if (!conn->self.leaving)
		return;
	if (bpf_ktime_get_ns() - conn->left_at < LEAVING_SEEN ||
	    redirect_in_flight(conn) || !ingress_empty(tp))
		return;

	if (conn->bulk)
		set_notsent_lowat(ops, 0);
	bpf_sock_ops_cb_flags_set(ops,
				  ops->bpf_sock_ops_cb_flags & ~BPF_SOCK_OPS_RTT_CB_FLAG);
	forget_flow(conn);
	conn->self.removed = true;
	if (!bpf_map_delete_elem(&bypass_socks, &conn->self.cookie))
		count(sockets_removed);
}

static void closed(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct conn *conn;

	if (!sk)
		return;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, 0);
	if (conn)
		forget_flow(conn);
}

SEC("sockops")
int sockmap_sockops(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		established(ops);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		acked(ops);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ops->args[1] == BPF_TCP_CLOSE)
			closed(ops);
		break;
	}
	return 1;
}

/*
 * Has the peer read every byte we sent over TCP, and is none of its threads
 * inside tcp_recvmsg(), where it would miss redirected data?
 *
 * A thread in there owns the socket, or sleeps on its wait queue. A thread in
 * tcp_bpf_recvmsg(), which does see redirected data, may sleep there too, but it
 * counts as a user of the psock. So does a sender: only if no other thread can
 * be sending is the sleeper known to be the user.
 *
 * One that is woken for nothing leaves the wait queue while it owns the socket,
 * and comes back before it lets go: look at the queue on both sides.
 */
static bool tcp_drained(struct conn *conn, struct tcp_sock *tp, const struct shared *peer)
{
	struct tcp_sock *ptp = peer_tp(conn);
	__u32 sleeper = 0;
	int asleep;

	if (BPF_CORE_READ(ptp, copied_seq) != tp->write_seq)
		return false;
	asleep = sleepers(ptp, &sleeper);
	if (owned_or_wanted(ptp) || sleepers(ptp, &sleeper) != asleep)
		return false;
	if (!asleep)
		return true;
	return asleep == 1 && users(ptp) == 1 && conn->self.sender != MANY &&
	       (!peer->sender || peer->sender == sleeper);
}

/*
 * The bound is on memory, of which a small message takes more than its bytes:
 * weigh what is queued by the average cost of recent messages.
 */
static hot bool below_bound(struct conn *conn, __u32 size, __u64 bound)
{
	struct tcp_sock *peer = peer_tp(conn);
	__u64 cost = conn->cost + size + MSG_OVERHEAD;
	__u64 queued;

	/* Not even if none of it has been read. */
	if (cost <= bound)
		return true;
	queued =
		BPF_CORE_READ(peer, inet_conn.icsk_inet.sk.sk_backlog.rmem_alloc.counter);
	if (queued && COUNTS_REDIRECTED)
		return queued * cost < bound * (conn->bytes + size);
	/*
	 * All read; or the kernel does not count redirected bytes in there
	 * (before 6.13). On such a one a reader has to empty its queue once in a
	 * while for its sender to stay on the bypass.
	 */
	if (!ingress_empty(peer))
		return false;
	conn->cost = 0;
	conn->bytes = 0;
	return true;
}

static hot void charge(struct conn *conn, __u32 size, __u64 bound)
{
	conn->cost += size + MSG_OVERHEAD;
	conn->bytes += size;
	/* Forget messages that have certainly been read. */
	if (conn->bytes > 2 * bound) {
		conn->cost /= 2;
		conn->bytes /= 2;
	}
}

/*
 * A sender that blocks on TCP is woken when there is room, and so is every other
 * thread that sleeps on its socket. One in tcp_bpf_recvmsg() takes that for a
 * signal, and its recv() fails with EAGAIN.
 */
static bool may_block(struct conn *conn, struct tcp_sock *tp)
{
	unsigned int flags =
		BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_socket, file, f_flags);

	return flags & O_NONBLOCK || (conn->quiet >= QUIET && !conn->reads_meanwhile);
}

/*
 * Do all TCP sockets together hold more than net.ipv4.tcp_mem's first value? From
 * its second on the kernel takes no more for a receiver who has his share: send()
 * fails with ENOMEM, and what was sent over TCP is dropped. Leave the rest to TCP,
 * which makes its senders wait.
 */
static bool memory_is_short(struct tcp_sock *tp)
{
	struct proto *prot = tp->inet_conn.icsk_inet.sk.__sk_common.skc_prot;
	long low = 0;

	bpf_probe_read_kernel(&low, sizeof(low), prot->sysctl_mem);
	return prot->memory_allocated->counter > low;
}

static bool queue_has_room(struct conn *conn, struct tcp_sock *tp, __u32 size,
			   __u64 bound)
{
	__u32 sleeper;
	__u64 start;

	/* Small messages are not worth the look, and do not fill the queue. */
	if (size >= BULK_SIZE && !conn->reads_meanwhile)
		conn->reads_meanwhile = sleepers(tp, &sleeper);
	if ((size >= BULK_SIZE || conn->quiet > QUIET) && memory_is_short(tp))
		return false;
	if (below_bound(conn, size, bound))
		return true;
	if (may_block(conn, tp))
		return false;

	/* Then give the reader a moment instead, and more room. */
	start = bpf_ktime_get_ns();
	for (int i = 0; i < 256 && bpf_ktime_get_ns() - start < PATIENCE; i++)
		if (below_bound(conn, size, bound))
			return true;
	return below_bound(conn, size, IMPATIENT_BOUNDS * bound);
}

/* Nagle's algorithm makes full segments of these: faster than one by one. */
static hot bool one_way_small(struct conn *conn, struct tcp_sock *tp, __u32 size,
			      const struct config *conf)
{
	if (size >= (conf->small_message ?: DEFAULT_SMALL_MESSAGE)) {
		conn->small = 0;
		return false;
	}
	return ++conn->small > (conf->one_way_limit ?: DEFAULT_ONE_WAY_LIMIT) &&
	       !BPF_CORE_READ_BITFIELD(tp, nonagle);
}

/* Why not to redirect to the peer, or BYPASS. */
static hot enum route look_at_peer(struct conn *conn, struct shared *peer)
{
	if (!read_peer(conn, peer) || peer->leaving)
		return TCP_PEER_GONE;
	if (peer_has_ulp(conn))
		return TCP_KERNEL_TLS;
	if (peer->sent != conn->peer_sent) {
		conn->peer_sent = peer->sent;
		conn->quiet = 0;
		conn->small = 0;
	}
	conn->quiet++;
	return BYPASS;
}

static hot void announce(struct conn *conn)
{
	__u32 thread = bpf_get_current_pid_tgid();

	conn->self.sent++;
	if (conn->self.sender != thread)
		conn->self.sender = conn->self.sender ? MANY : thread;
}

static bool pair(struct conn *conn, struct tcp_sock *tp)
{
	struct endpoint *peer = bpf_map_lookup_elem(&bypass_flows, &conn->peer_key);

	if (!peer)
		return false;
	conn->peer = *peer;
	/* Sequence numbers start at random: this is the other end, or nobody. */
	return BPF_CORE_READ(peer_tp(conn), copied_seq) == tp->write_seq;
}

static int leave(struct conn *conn, enum route why)
{
	conn->route = why;
	if (why == TCP_QUEUE_BOUND) {
		count(tcp_queue_bound);
		return SK_PASS;
	}
	conn->left_at = bpf_ktime_get_ns();
	conn->self.leaving = true;
	if (why == TCP_EARLY_BYTES)
		count(tcp_early_bytes);
	else if (why == TCP_ONE_WAY_SMALL)
		count(tcp_one_way_small);
	else if (why == TCP_SWITCHED_OFF)
		count(tcp_switched_off);
	else if (why == TCP_KERNEL_TLS)
		count(tcp_kernel_tls);
	else
		count(tcp_peer_gone);
	return SK_PASS;
}

SEC("sk_msg")
int sockmap_redirect(struct sk_msg_md *msg)
{
	__u32 zero = 0;
	struct config *conf = bpf_map_lookup_elem(&bypass_config, &zero);
	struct bpf_sock *sk = msg->sk;
	__u32 size = msg->size;
	struct counters *counters;
	struct shared peer = {};
	struct tcp_sock *tp;
	struct conn *conn;
	enum route why;

	if (!conf || !sk)
		return SK_PASS;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, 0);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!conn || !tp || conn->route > TCP_QUEUE_BOUND)
		return SK_PASS;
	if (conf->mode == OFF)
		return leave(conn, TCP_SWITCHED_OFF);
	if (tp->inet_conn.icsk_ulp_ops)
		return leave(conn, TCP_KERNEL_TLS);
	if (conn->route != TCP_QUEUE_BOUND && tp->write_seq != conn->tcp_seq)
		return leave(conn, TCP_EARLY_BYTES);
	if (conn->route == UNPAIRED) {
		if (!pair(conn, tp))
			return leave(conn, TCP_EARLY_BYTES);
		conn->route = BYPASS;
	}
	/* Tell before looking: see acked(). */
	announce(conn);
	why = look_at_peer(conn, &peer);
	if (why != BYPASS)
		return leave(conn, why);

	if (conn->route == TCP_QUEUE_BOUND) {
		if (!tcp_drained(conn, tp, &peer))
			return SK_PASS;
		count(back_on_bypass);
		conn->tcp_seq = tp->write_seq;
		conn->route = BYPASS;
		conn->cost = 0;
		conn->bytes = 0;
	}
	if (conf->mode == GUARDED) {
		__u64 bound = conf->queue_bound ?: DEFAULT_QUEUE_BOUND;

		if (one_way_small(conn, tp, size, conf))
			return leave(conn, TCP_ONE_WAY_SMALL);
		if (!queue_has_room(conn, tp, size, bound))
			return leave(conn, TCP_QUEUE_BOUND);
		charge(conn, size, bound);
	}
	if (bpf_msg_redirect_hash(msg, &bypass_socks, &conn->peer.cookie,
				  BPF_F_INGRESS) != SK_PASS)
		return leave(conn, TCP_PEER_GONE);
	counters = bpf_map_lookup_elem(&bypass_counters, &zero);
	/* Not atomic, which would take longer: a preempted sender may lose a few. */
	if (counters) {
		counters->redirected_messages++;
		counters->redirected_bytes += size;
	}
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
