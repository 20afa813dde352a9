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
 * The two ends of a connection find each other once, through bypass_flows, by what
 * only they have in common: the numbers with which their sequences begin. These
 * propose a pair; addresses and namespaces prove it (see is_proven()). An end whose
 * peer is not in the cgroups never gets into the map. From then on a direction knows
 * its peer by socket cookie, which the kernel never gives out twice: a peer may be
 * missed but not mistaken for another.
 *
 * Each end publishes its flow, and exactly one of two happens to it: the other end
 * claims it, or the end itself withdraws it. Both are a deletion, which succeeds
 * once. So an end that has withdrawn is known to nobody, and an end that could not
 * is known to its peer, or its flow was evicted. Nothing in here depends on being
 * called when a socket closes: another sock_ops program may have taken our
 * callbacks away. What is not claimed then is evicted some day.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>
#include "compat.h"

#ifndef MAX_SOCKETS
#define MAX_SOCKETS 65536
#endif

#define DEFAULT_QUEUE_BOUND   (4u << 20)
#define DEFAULT_ONE_WAY_LIMIT 256
/*
 * TCP takes smaller messages than these faster than the bypass. Between namespaces each
 * of its packets costs more, and so does each answer that Nagle's algorithm waits for.
 */
#define SMALL_MESSAGE	     16384
#define SMALL_BETWEEN	     8192
#define SMALL_BETWEEN_NAGLED 128
/* So many nanoseconds apart, or less, small messages are a stream. */
#define STREAMED 20000

/* Cost of a queued message beyond its payload: struct sk_msg and slack. */
#define MSG_OVERHEAD 1024

/* Messages without one from the peer after which it counts as only reading. */
#define QUIET 16

/*
 * Putting a connection into the map costs the kernel a sixth to a third of what it
 * takes to open and close it. Below this many messages, or pages of them, each way that
 * does not pay. So after so many such connections in a row a service has only so many
 * a second put there, as a trial; what comes on top stays on TCP.
 */
#define FEW_MESSAGES 4
#define SHORT_ONES   64
#ifndef TRIED_A_SECOND
#define TRIED_A_SECOND 64
#endif

/* Bytes from which a message is bulk. */
#define BULK_SIZE 4096

/* Unsent bytes at which a bulk sender blocks while it is on TCP. */
#define BULK_NOTSENT_LOWAT 16384

/*
 * How long a sender spins for its reader (nanoseconds), what it may queue after, and
 * for how many messages it does not spin for a lock again after that was in vain.
 */
#define PATIENCE	 50000
#define IMPATIENT_BOUNDS 3
#define DISCOURAGED	 16

/* After this long (nanoseconds) every CPU has seen that a socket is leaving. */
#define LEAVING_SEEN 1000000

/* Runs for every message: saves a sixth of its time. */
#define HOT_PATH __always_inline

/* Not a thread id. */
#define SEVERAL_THREADS 0xffffffff

enum mode { GUARDED, OFF, UNGUARDED };

enum reach { NAMESPACE, HOST };

#define DEFAULT_KEEPALIVE 300 /* seconds */
#define MAX_KEEPALIVE	  32767

/* A flow's cookie once there was a second one with its numbers. */
#define AMBIGUOUS ~0ull

/*
 * Flows that no other end has claimed yet. The map is allocated as a whole, 8 MB,
 * however many sockets may be bypassed.
 */
#ifndef MAX_FLOWS
#define MAX_FLOWS 65536
#endif

/*
 * Handshakes that have begun: few at a time, unless somebody floods a listener with
 * SYNs. They have a map of their own so that he makes nobody's flow be forgotten.
 */
#ifndef MAX_REQUESTS
#define MAX_REQUESTS 16384
#endif

/*
 * Callbacks requested at establishment. With those to leave, the kernel calls when what
 * went over TCP was acknowledged, and for each packet that goes out: a receiver has no
 * other than those that acknowledge.
 */
#define CALLBACKS_TO_LEAVE (BPF_SOCK_OPS_RTT_CB_FLAG | BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG)
#define CALLBACKS	   (BPF_SOCK_OPS_STATE_CB_FLAG | CALLBACKS_TO_LEAVE)

/* All zero means default. */
struct config {
	__u32 mode;
	__u32 one_way_limit; /* small messages without an answer, then TCP */
	__u32 kept_on_tcp;   /* percentage of new connections, chosen at random */
	__u32 reach;
	__u64 queue_bound; /* bytes queued at one receiver */
};

/* A share that is only tried: whoever does so may be killed. All zero means none. */
struct trial {
	__u64 until;	  /* as bpf_ktime_get_ns() counts */
	__u32 kept_after; /* what kept_on_tcp is then */
	__u32 pad;
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
	__u64 tcp_socket_options;
	__u64 back_on_bypass;
	__u64 callbacks_taken;
	__u64 flows_evicted;
	__u64 peer_remote;
	__u64 peer_outside;
	__u64 peer_other_namespace;
	__u64 pair_refused;
	__u64 kernel_sockets;
	__u64 tcp_repair;
	__u64 tcp_other_ulp;
	__u64 short_connections;
	__u64 left_by_share;
};

/* As the other end has them, too, the other way around. */
struct flow_key {
	__u32 write_seq;
	__u32 copied_seq;
};

struct ends {
	__u64 netns;
	__u32 local_ip[4]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 remote_ip[4];
	__u16 local_port;
	__u16 remote_port;
	__u32 hosts_own; /* the namespace: a user cannot forge numbers there */
};

/* Kernel addresses: only ever read from, with a fault tolerated. */
struct endpoint {
	__u64 cookie;
	__u64 tp;   /* struct tcp_sock */
	__u64 conn; /* struct conn */
};

struct flow {
	struct endpoint end;
	struct ends ends;
};

/* The socket that an accept will return. */
struct request {
	struct ends ends;
	__u32 refused; /* why the end that connects has, an enum proof */
	bool ambiguous;
	bool found;	  /* by the end that connects */
	bool kept_on_tcp; /* so drawn, which decides for both ends */
};

/* Which part of the connections a socket belongs to, where only some are bypassed. */
struct group {
	bool on_tcp; /* so drawn */
	bool accepted;
	__u8 kept_on_tcp; /* the percentage by then */
};

/* The part of a socket's state that the other end reads. */
struct shared {
	__u64 cookie;
	__u32 sent;    /* messages, and pages of them */
	__u32 sender;  /* the thread that sends: none yet, an id, or SEVERAL_THREADS */
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
	TCP_SOCKET_OPTIONS, /* SO_RCVLOWAT and TCP_INQ are TCP's */
	TCP_REPAIR,	    /* sees TCP's queues alone */
	TCP_OTHER_ULP,
};

/* A socket, as the sending end of one direction. */
struct conn {
	struct shared self;
	struct flow_key key;
	struct ends ends;
	struct endpoint peer; /* none yet if its cookie is 0 */
	__u64 left_at;
	__u64 small_since; /* the second of the small messages */
	__u64 cost;	  /* of recent messages: since the peer's queue was seen empty, */
	__u64 bytes;	  /* or some more than it can hold */
	__u32 peer_limit; /* bytes: half of the most that the peer's receive buffer holds
			   */
	__u32 tcp_seq;	  /* write_seq as long as nothing was sent over TCP */
	__u32 callbacks;  /* that we have asked for */
	__u32 peer_sent;  /* the peer's messages when we last looked */
	__u32 quiet;	  /* messages since then */
	__u32 small;	  /* of these, the small ones in a row */
	__u32 discouraged; /* messages for which not to wait for the peer's lock */
	__u32 route;
	__u32 keepalive; /* as we have set it, in jiffies, or 0 */
	__u32 idle_then; /* seconds to restore */
	__u32 interval_then;
	bool between; /* network namespaces, or addresses are translated */
	bool accepted;
	bool taken;   /* some of these, by another program */
	__u8 shared;  /* those to leave that another program had asked for */
	bool unknown; /* to the peer, which will not redirect to us */
	bool bulk;
	bool tight;	      /* the peer's receive buffer */
	bool reads_meanwhile; /* a thread of ours has slept in recv() as we sent */
};

/* The listener, as both ends know it if no address is translated. */
struct service {
	__u64 netns; /* of loopback; else 0 */
	__u32 ip[4];
	__u32 port;
	__u32 pad;
};

struct record {
	__u32 short_ones; /* connections in a row */
	__u32 tried;	  /* after them, */
	__u64 second;	  /* in this one */
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
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_FLOWS);
	__type(key, struct flow_key);
	__type(value, struct flow);
} bypass_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_REQUESTS);
	__type(key, struct flow_key);
	__type(value, struct request);
} bypass_requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct service);
	__type(value, struct record);
} bypass_services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct conn);
} bypass_conns SEC(".maps");

/* Only of connections that came up while some were kept on TCP: to compare them. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct group);
} bypass_groups SEC(".maps");

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
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trial);
} bypass_trial SEC(".maps");

/* Seconds without data over TCP after which a path between namespaces is used. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} bypass_keepalive SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} bypass_counters SEC(".maps");

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
#define LOAD_ONCE(x)                                                                     \
	({                                                                               \
		__u32 __v = (x);                                                         \
		asm volatile("" : "+r"(__v));                                            \
		__v;                                                                     \
	})

static void get_ends(struct bpf_sock_ops *ops, __u32 family, struct ends *ends)
{
	ends->netns = bpf_get_netns_cookie(ops);
	if (family == AF_INET) {
		ends->local_ip[2] = bpf_htonl(0xffff);
		ends->local_ip[3] = LOAD_ONCE(ops->local_ip4);
		ends->remote_ip[2] = bpf_htonl(0xffff);
		ends->remote_ip[3] = LOAD_ONCE(ops->remote_ip4);
	} else {
		ends->local_ip[0] = LOAD_ONCE(ops->local_ip6[0]);
		ends->local_ip[1] = LOAD_ONCE(ops->local_ip6[1]);
		ends->local_ip[2] = LOAD_ONCE(ops->local_ip6[2]);
		ends->local_ip[3] = LOAD_ONCE(ops->local_ip6[3]);
		ends->remote_ip[0] = LOAD_ONCE(ops->remote_ip6[0]);
		ends->remote_ip[1] = LOAD_ONCE(ops->remote_ip6[1]);
		ends->remote_ip[2] = LOAD_ONCE(ops->remote_ip6[2]);
		ends->remote_ip[3] = LOAD_ONCE(ops->remote_ip6[3]);
	}
	/* The kernel gives the local port in host order, the remote one not. */
	ends->local_port = ops->local_port;
	ends->remote_port = bpf_ntohl(ops->remote_port);
}

/* Three reads, which a connection that stays on TCP can do without. */
static void get_owner(const struct sock_common *skc, struct ends *ends)
{
	ends->hosts_own = !BPF_CORE_READ(skc, skc_net.net, user_ns, level);
}

static struct flow_key mirror(const struct flow_key *key)
{
	return (struct flow_key){key->copied_seq, key->write_seq};
}

static bool is_same_ip(const __u32 a[4], const __u32 b[4])
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

static bool is_same(const struct ends *a, const struct ends *b)
{
	return a->netns == b->netns && is_same_ip(a->local_ip, b->local_ip) &&
	       is_same_ip(a->remote_ip, b->remote_ip) && a->local_port == b->local_port &&
	       a->remote_port == b->remote_port;
}

/* Is this end's peer, as it sees it, the other end? */
static bool sees(const struct ends *end, const struct ends *other)
{
	return is_same_ip(end->remote_ip, other->local_ip) &&
	       end->remote_port == other->local_port;
}

enum proof { PROVEN, OTHER_NAMESPACE, REFUSED, ABSENT };

/*
 * Two ends propose each other by their numbers. That can be forged: a remote peer
 * of two connections copies the numbers of one to the other, and who rules a
 * namespace of his own writes there what he likes. So each end has to see the other
 * as its peer, or, where addresses are translated, one that counts as local, which
 * no remote peer has; and between namespaces, both have to be the host's own.
 */
static enum proof prove(const struct ends *self, const struct ends *peer, __u32 reach)
{
	bool seen = sees(self, peer), sees_us = sees(peer, self);

	if (self->netns == peer->netns && seen && sees_us)
		return PROVEN;
	if (reach != HOST)
		return self->netns == peer->netns ? REFUSED : OTHER_NAMESPACE;
	if (!self->hosts_own || !peer->hosts_own)
		return REFUSED;
	return (seen || is_local(self->remote_ip)) &&
			       (sees_us || is_local(peer->remote_ip))
		       ? PROVEN
		       : REFUSED;
}

/* Does connection tracking see them, as far as we know? */
static bool is_between(const struct ends *self, const struct ends *peer)
{
	return self->netns != peer->netns || !sees(self, peer) || !sees(peer, self);
}

/* Within one namespace both addresses have to count as local; else see prove(). */
static bool may_pair(const struct ends *ends, __u32 reach)
{
	return reach == HOST || (is_local(ends->remote_ip) && is_local(ends->local_ip));
}

static struct sk_psock *psock_of(struct tcp_sock *tp)
{
	unsigned long data =
		(unsigned long)BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_user_data);

	return (void *)(data & ~7ul); /* the low bits are flags */
}

/* Do bytes from TCP go through the verdict program, to the queue of redirected ones? */
static bool has_verdict(struct tcp_sock *tp)
{
	return BPF_CORE_READ(psock_of(tp), progs.stream_verdict);
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

static HOT_PATH bool read_peer(struct conn *conn, struct shared *peer)
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

static bool is_tls(const struct tcp_ulp_ops *ulp)
{
	char name[4];

	if (bpf_core_read(name, sizeof(name), &ulp->name))
		return false;
	return name[0] == 't' && name[1] == 'l' && name[2] == 's' && !name[3];
}

/*
 * No sockmap gives this: a reader that asks for SO_RCVLOWAT or TCP_INQ. (Multipath
 * TCP leaves 0 behind as the former, which asks for nothing.) And what needs TCP's
 * own queues: a socket that is being saved or restored, or has an upper-layer
 * protocol.
 */
static HOT_PATH enum route wants_tcp(struct tcp_sock *tp)
{
	const struct tcp_ulp_ops *ulp = BPF_CORE_READ(tp, inet_conn.icsk_ulp_ops);

	if (ulp)
		return is_tls(ulp) ? TCP_KERNEL_TLS : TCP_OTHER_ULP;
	if (BPF_CORE_READ_BITFIELD_PROBED(tp, repair))
		return TCP_REPAIR;
	if (BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_rcvlowat) > 1 ||
	    BPF_CORE_READ_BITFIELD_PROBED(tp, recvmsg_inq))
		return TCP_SOCKET_OPTIONS;
	return BYPASS;
}

static HOT_PATH enum route peer_wants(struct conn *conn)
{
	struct tcp_sock *tp = peer_tp(conn);
	const struct tcp_sock *direct;

	if (!LOADS_DIRECTLY)
		return wants_tcp(tp);
	direct = bpf_rdonly_cast(tp, 0);
	if (direct->inet_conn.icsk_ulp_ops ||
	    direct->inet_conn.icsk_inet.sk.sk_rcvlowat > 1 ||
	    BPF_CORE_READ_BITFIELD(direct, recvmsg_inq) ||
	    BPF_CORE_READ_BITFIELD(direct, repair))
		return wants_tcp(tp);
	return BYPASS;
}

/* Wakes poll() and select(). Absent where the kernel hides its symbols. */
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

static HOT_PATH int owned(struct tcp_sock *tp)
{
	const struct tcp_sock *direct;

	if (!LOADS_DIRECTLY)
		return BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_lock.owned);
	direct = bpf_rdonly_cast(tp, 0);
	/* Read anew in each turn of a loop. */
	return *(volatile const int *)&direct->inet_conn.icsk_inet.sk.sk_lock.owned;
}

/* Does a thread wait until another lets go of the socket? */
static bool wanted(struct tcp_sock *tp)
{
	struct list_head *waiters = &tp->inet_conn.icsk_inet.sk.sk_lock.wq.head;

	return BPF_CORE_READ(waiters, next) != waiters;
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

/*
 * Has each end consumed at most what the other one sent, since they began with the
 * numbers that they have in common?
 */
static bool mirrors(const struct flow_key *key, struct tcp_sock *tp,
		    struct tcp_sock *peer)
{
	return BPF_CORE_READ(peer, copied_seq) - key->write_seq <=
		       BPF_CORE_READ(tp, write_seq) - key->write_seq &&
	       BPF_CORE_READ(tp, copied_seq) - key->copied_seq <=
		       BPF_CORE_READ(peer, write_seq) - key->copied_seq;
}

/* Only one of two who take a flow away does. */
static bool take(const struct flow_key *key)
{
	return !bpf_map_delete_elem(&bypass_flows, key);
}

static void leave_for_good(struct conn *conn, enum route why)
{
	conn->route = why;
	conn->left_at = bpf_ktime_get_ns();
	conn->self.leaving = true;
}

static bool switched_off(const struct conn *conn, const struct config *conf)
{
	return conf->mode == OFF || (conn->between && conf->reach != HOST);
}

/* Bytes in the SYN, or with what ends the handshake, come before any bypass. */
static bool brings_data(struct bpf_sock_ops *ops)
{
	return LOAD_ONCE(ops->skb_len) > ops->skb_data_end - ops->skb_data;
}

/* Is there somebody with these numbers already? Then he is not to be paired either. */
static bool has_second(const struct flow_key *key)
{
	struct request *request = bpf_map_lookup_elem(&bypass_requests, key);
	struct flow *flow = bpf_map_lookup_elem(&bypass_flows, key);

	if (request)
		request->ambiguous = true;
	if (flow)
		flow->end.cookie = AMBIGUOUS;
	return request || flow;
}

static int publish(const struct flow_key *key, const struct flow *flow)
{
	int err = has_second(key) ? -EEXIST : 0;

	err = err ?: bpf_map_update_elem(&bypass_flows, key, flow, BPF_NOEXIST);
	if (err == -EEXIST)
		has_second(key);
	return err;
}

static struct service service_at(const struct ends *ends, const __u32 ip[4], __u16 port)
{
	struct service service = {.port = port};

	if (is_loopback(ip))
		service.netns = ends->netns;
	__builtin_memcpy(service.ip, ip, sizeof(service.ip));
	return service;
}

static bool has_short_ones(const struct service *service)
{
	struct record *record = bpf_map_lookup_elem(&bypass_services, service);

	return record && record->short_ones >= SHORT_ONES &&
	       record->tried >= TRIED_A_SECOND;
}

/* Is this one to stay on TCP, because its service's have been short? */
static bool leaves_out(const struct ends *ends)
{
	struct service service = service_at(ends, ends->local_ip, ends->local_port);
	struct record *record = bpf_map_lookup_elem(&bypass_services, &service);
	__u64 second;

	if (!record || record->short_ones < SHORT_ONES)
		return false;
	second = bpf_ktime_get_ns() >> 30;
	if (record->second != second) {
		record->second = second;
		record->tried = 0;
	}
	if (record->tried >= TRIED_A_SECOND)
		return true;
	record->tried++;
	return false;
}

static struct service service_of(const struct conn *conn)
{
	const struct ends *ends = &conn->ends;

	return conn->accepted ? service_at(ends, ends->local_ip, ends->local_port)
			      : service_at(ends, ends->remote_ip, ends->remote_port);
}

/* This one is no short one, from now on: it may stay for long. */
static void note_long_one(const struct conn *conn)
{
	struct service service = service_of(conn);
	struct record *record = bpf_map_lookup_elem(&bypass_services, &service);

	if (record)
		record->short_ones = 0;
}

/*
 * An accepted connection ends. Lost updates of two at once do no harm. Those without
 * a message are probes of whether somebody listens, and say nothing.
 */
static void note_short_one(struct conn *conn)
{
	struct service service = service_of(conn);
	struct record *record = bpf_map_lookup_elem(&bypass_services, &service);
	struct record first = {.short_ones = 1};
	struct shared peer = {};

	if (conn->peer.cookie && !read_peer(conn, &peer))
		peer.sent = 0;
	if (conn->self.sent >= FEW_MESSAGES || peer.sent >= FEW_MESSAGES ||
	    !(conn->self.sent | peer.sent))
		return;
	if (!record)
		bpf_map_update_elem(&bypass_services, &service, &first, BPF_NOEXIST);
	else if (record->short_ones < SHORT_ONES)
		record->short_ones++;
}

/* The first connection after its time gives the share back. */
static void end_trial(struct config *conf)
{
	__u32 zero = 0;
	struct trial *trial = bpf_map_lookup_elem(&bypass_trial, &zero);

	if (!trial || !trial->until || bpf_ktime_get_ns() < trial->until)
		return;
	conf->kept_on_tcp = trial->kept_after;
	trial->until = 0;
}

/*
 * A SYN has reached a listener of the cgroups. Publish what the accepted socket will
 * be: so the end that connects learns, before it decides, that its peer is here.
 */
static void requested(struct bpf_sock_ops *ops)
{
	struct bpf_sock_ops_kern *kern = (void *)ops;
	struct tcp_request_sock *treq = (void *)BPF_CORE_READ(kern, sk);
	struct request_sock *req = &treq->req.req;
	struct sock *listener = (void *)BPF_CORE_READ(req, __req_common.skc_listener);
	struct request request = {}, *found;
	struct flow_key key;
	__u32 zero = 0;
	struct config *conf = bpf_map_lookup_elem(&bypass_config, &zero);

	if (!conf || conf->mode == OFF)
		return;
	if (!ACCEPT_KNOWS_SOCKMAP &&
	    BPF_CORE_READ_BITFIELD_PROBED(listener, sk_kern_sock))
		return;
	/* A listener of both families is of IPv6. */
	get_ends(ops, BPF_CORE_READ(req, rsk_ops, family), &request.ends);
	if (!may_pair(&request.ends, conf->reach))
		return;
	if (conf->mode == GUARDED && leaves_out(&request.ends)) {
		count(short_connections);
		return;
	}
	get_owner(&req->__req_common, &request.ends);
	key.write_seq = BPF_CORE_READ(treq, snt_isn) + 1;
	key.copied_seq = BPF_CORE_READ(treq, rcv_isn) + 1;
	found = bpf_map_lookup_elem(&bypass_requests, &key);
	/* The same SYN once more, where the first has left no request behind. */
	if (found && is_same(&found->ends, &request.ends))
		return;
	end_trial(conf);
	request.kept_on_tcp =
		conf->kept_on_tcp && bpf_get_prandom_u32() % 100 < conf->kept_on_tcp;
	if (!has_second(&key))
		bpf_map_update_elem(&bypass_requests, &key, &request, BPF_NOEXIST);
}

static void stay_on_tcp(enum route why)
{
	if (why == TCP_EARLY_BYTES)
		count(tcp_early_bytes);
	else if (why == TCP_ONE_WAY_SMALL)
		count(tcp_one_way_small);
	else if (why == TCP_SWITCHED_OFF)
		count(tcp_switched_off);
	else if (why == TCP_KERNEL_TLS)
		count(tcp_kernel_tls);
	else if (why == TCP_OTHER_ULP)
		count(tcp_other_ulp);
	else if (why == TCP_SOCKET_OPTIONS)
		count(tcp_socket_options);
	else if (why == TCP_REPAIR)
		count(tcp_repair);
	else
		count(tcp_peer_gone);
}

/* Why an end that has just come up is to stay on TCP, or BYPASS. */
static enum route wants_tcp_at_start(struct bpf_sock_ops *ops, struct tcp_sock *tp)
{
	/* Fast Open has sent data with the SYN. */
	if (tp->data_segs_out || tp->write_seq != tp->snd_nxt || brings_data(ops))
		return TCP_EARLY_BYTES;
	return wants_tcp(tp);
}

static void count_absent(const struct ends *self, bool passive)
{
	struct service service =
		passive ? service_at(self, self->local_ip, self->local_port)
			: service_at(self, self->remote_ip, self->remote_port);

	/* Already counted, once, with the request. */
	if (has_short_ones(&service))
		return;
	if (is_local(self->remote_ip))
		count(peer_outside);
	else
		count(peer_remote);
}

/* For the end that connects: its peer has published a request. */
static enum proof find_request(struct tcp_sock *tp, struct ends *self,
			       const struct flow_key *key, __u32 reach, struct flow *peer,
			       bool *kept)
{
	struct request *found = bpf_map_lookup_elem(&bypass_requests, key);
	enum proof proof = REFUSED;

	if (!found)
		return bpf_map_lookup_elem(&bypass_flows, key) ? REFUSED : ABSENT;
	get_owner(&tp->inet_conn.icsk_inet.sk.__sk_common, self);
	peer->ends = found->ends;
	if (!found->ambiguous)
		proof = prove(self, &peer->ends, reach);
	found->refused = proof;
	found->found = true;
	*kept = found->kept_on_tcp;
	return proof;
}

/* For the end that accepts, with its own request: its peer has published its flow. */
static enum proof find_flow(struct tcp_sock *tp, struct ends *self,
			    const struct flow_key *key, const struct request *own,
			    __u32 reach, struct flow *peer)
{
	struct flow *found = bpf_map_lookup_elem(&bypass_flows, key);

	if (found) {
		get_owner(&tp->inet_conn.icsk_inet.sk.__sk_common, self);
		*peer = *found;
		return peer->end.cookie == AMBIGUOUS ? REFUSED
						     : prove(self, &peer->ends, reach);
	}
	if (own && own->refused)
		return own->refused;
	return bpf_map_lookup_elem(&bypass_requests, key) ? REFUSED : ABSENT;
}

static void count_unpaired(enum proof why, const struct ends *self, bool passive)
{
	if (why == ABSENT)
		count_absent(self, passive);
	else if (why == OTHER_NAMESPACE)
		count(peer_other_namespace);
	else
		count(pair_refused);
}

/*
 * As the program had it, unless it has set it anew. SO_KEEPALIVE stays on, because it
 * may have been asked for meanwhile, which nobody can know.
 */
static void restore_keepalive(struct bpf_sock_ops *ops, struct conn *conn,
			      struct tcp_sock *tp)
{
	int idle = conn->idle_then, interval = conn->interval_then;

	if (!conn->keepalive)
		return;
	if (tp->keepalive_time == conn->keepalive)
		bpf_setsockopt(ops, SOL_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	if (tp->keepalive_intvl == conn->keepalive)
		bpf_setsockopt(ops, SOL_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
}

/*
 * Connection tracking on the path sees nothing of what is redirected, and forgets the
 * connection: its end would not get through then, nor what goes over TCP later. So
 * have TCP use an idle path.
 */
static void keep_path(struct bpf_sock_ops *ops, struct conn *conn, struct tcp_sock *tp)
{
	__u32 *wanted = bpf_map_lookup_elem(&bypass_keepalive, &(__u32){0});
	int seconds = wanted && *wanted ? *wanted : DEFAULT_KEEPALIVE, on = 1;
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	__u32 idle =
		tp->keepalive_time ?: BPF_CORE_READ(net, ipv4.sysctl_tcp_keepalive_time);
	__u32 interval = tp->keepalive_intvl
				 ?: BPF_CORE_READ(net, ipv4.sysctl_tcp_keepalive_intvl);
	__u32 jiffies;

	if (seconds > MAX_KEEPALIVE || seconds < 0)
		seconds = MAX_KEEPALIVE;
	if (bpf_setsockopt(ops, SOL_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds)))
		return;
	jiffies = tp->keepalive_time;
	if (jiffies < (__u32)seconds)
		return;
	conn->keepalive = jiffies;
	conn->idle_then = idle / (jiffies / seconds) ?: 1;
	conn->interval_then = interval / (jiffies / seconds) ?: 1;
	/* After an answer the next probe comes no sooner than an unanswered one's. */
	bpf_setsockopt(ops, SOL_TCP, TCP_KEEPINTVL, &seconds, sizeof(seconds));
	/* The program's own, from its listener or before it connected, may suffice. */
	if (sk->__sk_common.skc_flags & 1 << SOCK_KEEPOPEN && idle <= jiffies &&
	    interval <= jiffies)
		restore_keepalive(ops, conn, tp);
	else
		bpf_setsockopt(ops, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/*
 * For those who compare. The end that accepts has not proved its pair if the connection
 * stays on TCP: the other one has, or it would have said so in the request.
 */
static void note_group(struct bpf_sock *sk, const struct config *conf, bool accepted,
		       bool on_tcp)
{
	struct group *group;

	if (!conf->kept_on_tcp)
		return;
	group = bpf_sk_storage_get(&bypass_groups, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!group)
		return;
	group->on_tcp = on_tcp;
	group->accepted = accepted;
	group->kept_on_tcp = conf->kept_on_tcp;
}

/* The draw is of use only for what would be bypassed: all else has its own reason. */
static bool kept_on_tcp(const struct request *own, enum proof proof, bool kept)
{
	if (own)
		return own->kept_on_tcp && own->found && !own->refused;
	return proof == PROVEN && kept;
}

static void established(struct bpf_sock_ops *ops)
{
	bool passive = ops->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB;
	struct bpf_sock *sk = ops->sk;
	struct flow self = {}, other = {};
	struct flow_key key, peer_key;
	__u32 zero = 0;
	struct config *conf = bpf_map_lookup_elem(&bypass_config, &zero);
	struct tcp_sock *tp;
	enum route why;
	struct conn *conn;
	struct request *own;
	enum proof proof;
	bool kept = false;
	int err;

	if (!sk || (ops->family != AF_INET && ops->family != AF_INET6))
		return;
	if (!conf || conf->mode == OFF)
		return;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return;
	key.write_seq = tp->write_seq;
	key.copied_seq = tp->copied_seq;
	peer_key = mirror(&key);
	get_ends(ops, ops->family, &self.ends);
	/*
	 * The end that accepts has published its request, the one that connects its flow
	 * by now. Without the other one it is out of the cgroups, or has begun to send
	 * over TCP: this end has no use for the bypass.
	 */
	own = passive ? bpf_map_lookup_elem(&bypass_requests, &key) : NULL;
	proof = passive ? find_flow(tp, &self.ends, &peer_key, own, conf->reach, &other)
			: find_request(tp, &self.ends, &peer_key, conf->reach, &other,
				       &kept);
	if (kept_on_tcp(own, proof, kept)) {
		count(left_by_share);
		note_group(sk, conf, passive, true);
		goto stay;
	}
	if (passive && proof == PROVEN &&
	    !mirrors(&key, tp, (void *)(unsigned long)other.end.tp))
		proof = REFUSED;
	if (proof != PROVEN) {
		count_unpaired(proof, &self.ends, passive);
		goto stay;
	}
	if (kernels_own(tp)) {
		count(kernel_sockets);
		goto stay;
	}
	why = wants_tcp_at_start(ops, tp);
	if (why != BYPASS) {
		stay_on_tcp(why);
		goto stay;
	}
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!conn)
		goto stay;

	self.end.cookie = bpf_get_socket_cookie(ops);
	self.end.tp = (unsigned long)tp;
	self.end.conn = (unsigned long)conn;
	conn->self.cookie = self.end.cookie;
	conn->key = key;
	conn->ends = self.ends;
	conn->between = is_between(&self.ends, &other.ends);
	conn->accepted = passive;
	if (passive)
		conn->peer = other.end;
	conn->tcp_seq = tp->write_seq;
	conn->callbacks = CALLBACKS;

	err = bpf_sock_hash_update(ops, &bypass_socks, &self.end.cookie, BPF_NOEXIST);
	if (err) {
		if (err == -E2BIG)
			count(map_full);
		else
			count(sockets_refused);
		goto forget;
	}
	/* Its own request gives way. */
	if (own && !own->ambiguous)
		bpf_map_delete_elem(&bypass_requests, &key);
	/* Last, because whoever finds the flow may redirect to the socket. */
	err = publish(&key, &self);
	if (err) {
		if (err == -EEXIST)
			count(pair_refused);
		else
			count(flows_evicted);
		bpf_map_delete_elem(&bypass_socks, &self.end.cookie);
		goto forget;
	}
	if (passive && !take(&peer_key)) {
		/* It has withdrawn to TCP meanwhile. */
		if (take(&key)) {
			bpf_map_delete_elem(&bypass_socks, &self.end.cookie);
			bpf_sk_storage_delete(&bypass_conns, sk);
			return;
		}
		/* Or flows are evicted, and it may have claimed ours: read on. */
		leave_for_good(conn, TCP_PEER_GONE);
	}
	conn->shared = ops->bpf_sock_ops_cb_flags & CALLBACKS_TO_LEAVE;
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | CALLBACKS);
	if (conn->between)
		keep_path(ops, conn, tp);
	count(sockets_added);
	note_group(sk, conf, passive, false);
	return;

forget:
	bpf_sk_storage_delete(&bypass_conns, sk);
stay:
	/* Its request is of no use to anybody. */
	if (own)
		bpf_map_delete_elem(&bypass_requests, &key);
}

/* Takes back what nobody has claimed. */
static bool withdraw(struct conn *conn)
{
	struct flow *own = bpf_map_lookup_elem(&bypass_flows, &conn->key);

	return own && own->end.cookie == conn->self.cookie && take(&conn->key);
}

/*
 * May a redirect to us be in flight still? It holds no lock, but it counts as a
 * user of the peer's psock. users() leaves the map out, which is one too, until
 * the peer is removed from it.
 *
 * Who could redirect to us? The peer that we know, if it knows us. We know none,
 * and it does not know us, if we have withdrawn; else our flow was claimed by
 * somebody whose own flow was evicted before we saw it. Then stay for good.
 */
static bool redirect_in_flight(struct conn *conn)
{
	struct shared peer;
	__u32 sleeper = 0;
	int n;

	if (conn->unknown)
		return false;
	if (!conn->peer.cookie)
		return true;
	/* Before `removed`, which is set before the map lets go. */
	n = users(peer_tp(conn));
	if (!read_peer(conn, &peer) || !peer.sender || n + (int)peer.removed <= 0)
		return false;
	return sleepers(peer_tp(conn), &sleeper) != 1 || peer.sender != sleeper;
}

/* Has another sock_ops program overwritten what we asked for? Counted once a socket. */
static bool callbacks_missing(struct conn *conn, __u32 flags)
{
	if (!(conn->callbacks & ~flags))
		return false;
	if (!conn->taken)
		count(callbacks_taken);
	conn->taken = true;
	return true;
}

/* At a callback that did come they can be had again. */
static void keep_callbacks(struct bpf_sock_ops *ops, struct conn *conn)
{
	if (callbacks_missing(conn, ops->bpf_sock_ops_cb_flags))
		bpf_sock_ops_cb_flags_set(ops,
					  ops->bpf_sock_ops_cb_flags | conn->callbacks);
}

static void set_notsent_lowat(struct bpf_sock_ops *ops, int bytes)
{
	bpf_setsockopt(ops, SOL_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

/*
 * With a verdict program what comes over TCP goes on to the queue of redirected
 * bytes, or waits for its turn: nothing may be left of either. And a thread inside
 * recv() does not look at TCP's own queue: it would return EAGAIN, so there must be
 * none. A thread that sends counts as well, unless it is the one that runs us as it
 * lets go of the socket; so does one that has received something, and returns with it.
 */
static bool can_be_removed(struct tcp_sock *tp)
{
	__u32 sleeper;

	if (has_verdict(tp) &&
	    (BPF_CORE_READ(psock_of(tp), ingress_skb.qlen) || sleepers(tp, &sleeper) ||
	     users(tp) > owned(tp) || wanted(tp)))
		return false;
	return ingress_empty(tp);
}

/* The peer has left, for good. A direction that nothing went is not counted. */
static void follow(struct conn *conn)
{
	struct config *conf = bpf_map_lookup_elem(&bypass_config, &(__u32){0});

	if (!conf)
		return;
	leave_for_good(conn, switched_off(conn, conf) ? TCP_SWITCHED_OFF : TCP_PEER_GONE);
	if (conn->self.sent)
		stay_on_tcp(conn->route);
}

/*
 * Something goes over TCP. Is this end on TCP for good, or the other one, so that it
 * would be with its next message? Then take the socket out of the map: it gets the
 * kernel's own sendmsg and recvmsg back. What the peer redirects to it must not be
 * lost, so do it only when the peer knows that we are leaving, and our queue is empty.
 */
static void over_tcp(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct shared peer = {};
	struct tcp_sock *tp;
	struct conn *conn;

	if (!sk)
		return;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, 0);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!conn || !tp || conn->self.removed)
		return;
	keep_callbacks(ops, conn);
	if (conn->route == TCP_QUEUE_BOUND && !tp->notsent_lowat) {
		conn->bulk = true;
		set_notsent_lowat(ops, BULK_NOTSENT_LOWAT);
	}
	if (!conn->self.leaving) {
		if (conn->peer.cookie && read_peer(conn, &peer) && peer.leaving)
			follow(conn);
		return;
	}
	if (bpf_ktime_get_ns() - conn->left_at < LEAVING_SEEN ||
	    redirect_in_flight(conn) || !can_be_removed(tp))
		return;

	/* Unless the program has set one of its own meanwhile. */
	if (conn->bulk && tp->notsent_lowat == BULK_NOTSENT_LOWAT)
		set_notsent_lowat(ops, 0);
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags &
					       (~CALLBACKS_TO_LEAVE | conn->shared));
	conn->callbacks &= ~CALLBACKS_TO_LEAVE;
	restore_keepalive(ops, conn, tp);
	conn->self.removed = true;
	if (!bpf_map_delete_elem(&bypass_socks, &conn->self.cookie))
		count(sockets_removed);
}

/*
 * The peer has ended its direction. Has it closed? With a verdict program the kernel
 * does not know that data was left unread, and ends with a FIN in place of a reset,
 * and with the window as it was: a sender that waits for it to open would wait until
 * the remains of the socket are gone, a minute later. Nobody will read what it has
 * to send, so have it give up at its next probe of the window.
 */
static void give_up_if_unread(struct bpf_sock_ops *ops, struct conn *conn)
{
	int give_up_after = 1; /* millisecond */
	struct shared peer = {};

	if (!conn->peer.cookie)
		return;
	if (read_peer(conn, &peer) &&
	    !(BPF_CORE_READ(peer_tp(conn), inet_conn.icsk_inet.sk.sk_shutdown) &
	      RCV_SHUTDOWN))
		return;
	bpf_setsockopt(ops, SOL_TCP, TCP_USER_TIMEOUT, &give_up_after,
		       sizeof(give_up_after));
}

static void state_changed(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct conn *conn;

	if (!sk)
		return;
	conn = bpf_sk_storage_get(&bypass_conns, sk, NULL, 0);
	if (!conn)
		return;
	keep_callbacks(ops, conn);
	/* The peer is still there. */
	if (ops->args[0] == BPF_TCP_ESTABLISHED && conn->accepted)
		note_short_one(conn);
	if (ops->args[1] == BPF_TCP_CLOSE_WAIT)
		give_up_if_unread(ops, conn);
	/* Tidiness: the flow would be evicted some day. */
	if (ops->args[1] == BPF_TCP_CLOSE)
		withdraw(conn);
}

SEC("sockops")
int sockmap_sockops(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_RWND_INIT:
		if (!ops->is_fullsock)
			requested(ops);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		established(ops);
		break;
	case BPF_SOCK_OPS_RTT_CB:
	case BPF_SOCK_OPS_HDR_OPT_LEN_CB:
		over_tcp(ops);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		state_changed(ops);
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
	if (owned(ptp) || wanted(ptp) || sleepers(ptp, &sleeper) != asleep)
		return false;
	if (!asleep)
		return true;
	return asleep == 1 && users(ptp) == 1 && conn->self.sender != SEVERAL_THREADS &&
	       (!peer->sender || peer->sender == sleeper);
}

/*
 * Redirected bytes are receive memory. They leave half of it to TCP, for the window that
 * it has announced: else it would drop what comes, and once all is read the sender
 * would wait for its next attempt, which can be minutes off.
 */
static void look_at_buffer(struct conn *conn, __u64 bound)
{
	const struct sock *sk = &peer_tp(conn)->inet_conn.icsk_inet.sk;
	const struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	bool fixed = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_RCVBUF_LOCK;
	__u32 size = BPF_CORE_READ(sk, sk_rcvbuf);
	__u32 most = BPF_CORE_READ(net, ipv4.sysctl_tcp_rmem[2]);

	/* It grows, unless the program has set it. */
	if (!fixed && most > size)
		size = most;
	conn->tight = fixed || size < bound;
	conn->peer_limit = size >> 1;
}

static HOT_PATH __u64 bound_for(struct conn *conn, const struct config *conf)
{
	__u64 bound = conf->queue_bound ?: DEFAULT_QUEUE_BOUND;

	if (!conn->bytes)
		look_at_buffer(conn, bound);
	return bound < conn->peer_limit ? bound : conn->peer_limit;
}

/*
 * The bound is on memory, of which a small message takes more than its bytes:
 * weigh what is queued by the average cost of recent messages.
 */
static HOT_PATH bool below_bound(struct conn *conn, __u32 size, __u64 bound)
{
	struct tcp_sock *peer = peer_tp(conn);
	__u64 cost = conn->cost + size + MSG_OVERHEAD;
	__u64 queued;

	/* Not even if none of it has been read. */
	if (cost <= bound)
		return true;
	if (size > bound)
		return false;
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

static HOT_PATH void charge(struct conn *conn, __u32 size, __u64 bound)
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
 * All TCP sockets together may leave that much to this receiver. Above half of
 * net.ipv4.tcp_mem's first value his buffer may soon not grow any more. Above that
 * value leave the rest to TCP, which makes its senders wait: from the second one on the
 * kernel takes no more for a receiver who has his share. send() would fail with ENOMEM,
 * and what is sent over TCP is dropped.
 */
static __u64 memory_for(struct conn *conn, struct tcp_sock *tp)
{
	struct proto *prot = tp->inet_conn.icsk_inet.sk.__sk_common.skc_prot;
	long low = 0, held = prot->memory_allocated->counter;

	bpf_probe_read_kernel(&low, sizeof(low), prot->sysctl_mem);
	if (held > low)
		return 0;
	if (held <= low >> 1)
		return ~0ull;
	return BPF_CORE_READ(peer_tp(conn), inet_conn.icsk_inet.sk.sk_rcvbuf) >> 1;
}

static bool queue_has_room(struct conn *conn, struct tcp_sock *tp, __u32 size,
			   __u64 bound)
{
	__u64 start, memory;
	__u32 sleeper;

	/* Small messages are not worth the look, and do not fill the queue. */
	if (size >= BULK_SIZE && !conn->reads_meanwhile)
		conn->reads_meanwhile = sleepers(tp, &sleeper);
	if (size >= BULK_SIZE || conn->quiet > QUIET) {
		memory = memory_for(conn, tp);
		if (!memory)
			return false;
		if (memory < bound)
			bound = memory;
	}
	if (below_bound(conn, size, bound))
		return true;
	if (may_block(conn, tp))
		return false;

	/* Then give the reader a moment instead, and more room. */
	start = bpf_ktime_get_ns();
	for (int i = 0; i < 256 && bpf_ktime_get_ns() - start < PATIENCE; i++)
		if (below_bound(conn, size, bound))
			return true;
	return !conn->tight && below_bound(conn, size, IMPATIENT_BOUNDS * bound);
}

/*
 * To queue a message the kernel takes the lock of the receiving socket, and sleeps as
 * long as a reader has it, who copies: two or three context switches, which take longer
 * than the copy. So have him finish first. Who waits for data has let go of the lock.
 * Who keeps it is not at work: he sleeps for a page of his buffer, or we are on the CPU
 * that he needs. Then the kernel sleeps as before, and to spin has cost its bound once
 * for DISCOURAGED messages, however long a reader contrives to keep his lock.
 *
 * While a program runs for a message its sender owns his own socket. Two that spin for
 * each other would do so in vain: only do so for a peer that does not send in between.
 */
static void wait_for_lock(struct conn *conn)
{
	struct tcp_sock *peer = peer_tp(conn);
	__u64 start;

	if (conn->discouraged) {
		conn->discouraged--;
		return;
	}
	if (conn->quiet < 2 || !owned(peer))
		return;
	start = bpf_ktime_get_ns();
	for (int i = 0; i < 1024 && bpf_ktime_get_ns() - start < PATIENCE; i++)
		if (!owned(peer))
			return;
	conn->discouraged = DISCOURAGED;
}

/*
 * TCP takes these together, which is faster than one by one: Nagle's algorithm does so
 * in any case, with TCP_NODELAY the two queues of a connection do if messages come fast.
 * Those that come slowly and ask for TCP_NODELAY arrive sooner over the bypass.
 */
static HOT_PATH bool one_way_small(struct conn *conn, struct tcp_sock *tp, __u32 size,
				   const struct config *conf)
{
	__u64 limit = conf->one_way_limit ?: DEFAULT_ONE_WAY_LIMIT;
	bool nodelay = BPF_CORE_READ_BITFIELD(tp, nonagle);
	__u32 small = SMALL_MESSAGE;

	if (conn->between)
		small = nodelay ? SMALL_BETWEEN : SMALL_BETWEEN_NAGLED;
	if (size >= small) {
		conn->small = 0;
		return false;
	}
	/* Not the first, which every request is. */
	if (++conn->small == 2)
		conn->small_since = bpf_ktime_get_ns();
	if (conn->small <= limit)
		return false;
	if (!nodelay || bpf_ktime_get_ns() - conn->small_since < limit * STREAMED)
		return true;
	conn->small = 1;
	return false;
}

/* Why not to redirect to the peer, or BYPASS. */
static HOT_PATH enum route look_at_peer(struct conn *conn, struct shared *peer)
{
	enum route why;

	if (!read_peer(conn, peer) || peer->leaving)
		return TCP_PEER_GONE;
	why = peer_wants(conn);
	if (why != BYPASS)
		return why;
	if (peer->sent != conn->peer_sent) {
		conn->peer_sent = peer->sent;
		conn->quiet = 0;
		conn->small = 0;
	}
	conn->quiet++;
	return BYPASS;
}

static HOT_PATH void announce(struct conn *conn, __u32 size)
{
	__u32 thread = bpf_get_current_pid_tgid();
	bool few = conn->self.sent < FEW_MESSAGES;

	conn->self.sent += 1 + size / 4096;
	if (few && conn->self.sent >= FEW_MESSAGES)
		note_long_one(conn);
	if (conn->self.sender != thread)
		conn->self.sender = conn->self.sender ? SEVERAL_THREADS : thread;
}

static enum proof claim(struct conn *conn, struct tcp_sock *tp, __u32 reach)
{
	struct flow_key peer_key = mirror(&conn->key);
	struct flow *found = bpf_map_lookup_elem(&bypass_flows, &peer_key);
	struct flow peer;

	if (!found)
		return ABSENT;
	peer = *found;
	if (peer.end.cookie == AMBIGUOUS ||
	    !mirrors(&conn->key, tp, (void *)(unsigned long)peer.end.tp) ||
	    prove(&conn->ends, &peer.ends, reach) != PROVEN)
		return REFUSED;
	if (!take(&peer_key))
		return ABSENT;
	conn->peer = peer.end;
	conn->between = is_between(&conn->ends, &peer.ends);
	return PROVEN;
}

/* The end that connects finds the one that accepts, or takes care not to be found. */
static void pair(struct conn *conn, struct tcp_sock *tp, __u32 reach)
{
	enum proof proof = claim(conn, tp, reach);

	if (proof == PROVEN)
		return;
	if (withdraw(conn)) {
		conn->unknown = true;
		return;
	}
	/* The peer was faster, and published its own flow before it claimed ours. */
	if (proof == ABSENT)
		proof = claim(conn, tp, reach);
	if (proof == ABSENT)
		count(flows_evicted);
	else if (proof == REFUSED)
		count(pair_refused);
}

static int leave(struct conn *conn, struct tcp_sock *tp, enum route why)
{
	callbacks_missing(conn, tp->bpf_sock_ops_cb_flags);
	if (why == TCP_QUEUE_BOUND) {
		conn->route = why;
		count(tcp_queue_bound);
		return SK_PASS;
	}
	leave_for_good(conn, why);
	stay_on_tcp(why);
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
	if (conn->route == UNPAIRED) {
		callbacks_missing(conn, tp->bpf_sock_ops_cb_flags);
		if (!conn->peer.cookie)
			pair(conn, tp, conf->reach);
	}
	if (switched_off(conn, conf))
		return leave(conn, tp, TCP_SWITCHED_OFF);
	if (tp->inet_conn.icsk_ulp_ops)
		return leave(conn, tp, wants_tcp(tp));
	/* Then what is sent may be meant for our own receive queue. */
	if (BPF_CORE_READ_BITFIELD(tp, repair))
		return leave(conn, tp, TCP_REPAIR);
	if (conn->route != TCP_QUEUE_BOUND && tp->write_seq != conn->tcp_seq)
		return leave(conn, tp, TCP_EARLY_BYTES);
	if (conn->route == UNPAIRED) {
		if (!conn->peer.cookie)
			return leave(conn, tp, TCP_EARLY_BYTES);
		conn->route = BYPASS;
	}
	/* Report before looking: see over_tcp(). */
	announce(conn, size);
	why = look_at_peer(conn, &peer);
	if (why != BYPASS)
		return leave(conn, tp, why);

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
		__u64 bound = bound_for(conn, conf);

		if (one_way_small(conn, tp, size, conf))
			return leave(conn, tp, TCP_ONE_WAY_SMALL);
		if (!queue_has_room(conn, tp, size, bound))
			return leave(conn, tp, TCP_QUEUE_BOUND);
		charge(conn, size, bound);
	}
	if (size >= BULK_SIZE)
		wait_for_lock(conn);
	if (bpf_msg_redirect_hash(msg, &bypass_socks, &conn->peer.cookie,
				  BPF_F_INGRESS) != SK_PASS)
		return leave(conn, tp, TCP_PEER_GONE);
	counters = bpf_map_lookup_elem(&bypass_counters, &zero);
	/* Not atomic, which would take longer: a preempted sender may lose a few. */
	if (counters) {
		counters->redirected_messages++;
		counters->redirected_bytes += size;
	}
	return SK_PASS;
}

/*
 * For kernels on which FIONREAD counts only redirected bytes unless the map has a
 * verdict program: attached, it has what comes over TCP moved to the queue of
 * redirected bytes, in the order in which it came.
 */
SEC("sk_skb/stream_verdict")
int sockmap_verdict(struct __sk_buff *skb __attribute__((unused)))
{
	return SK_PASS;
}

char LICENSE[] SEC("license") = "GPL";
