// SPDX-License-Identifier: GPL-2.0
/*
 * Compares connections on the bypass with those that were drawn for TCP at the same
 * time: how long it takes a socket that has sent something to receive something.
 * Loaded beside the bypass for as long as a canary runs (tools/canary.c).
 *
 * The two tracepoints are called for each message of every socket of the host. What
 * bypass_groups does not hold, is none of ours: one look.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* The buckets of histogram.ts: up to 64 ns exactly, then 64 for each power of two. */
#define BUCKETS 2048
/* A connection belongs to one, at random: how much they differ is seen in these. */
#define PARTS 16

#define EAGAIN	 11
#define MSG_PEEK 2

#define STALL 3000000000ull /* nanoseconds without a look at what waits */

enum { BYPASS, TCP, GROUPS };

/* Those of sockmap_bypass.bpf.c. */
struct group {
	bool on_tcp;
	bool accepted;
	__u8 kept_on_tcp;
};

struct times {
	__u64 counts[BUCKETS];
};

struct counts {
	__u64 sockets;
	__u64 transactions;
	__u64 sent_bytes;
	__u64 received_bytes;
	__u64 resets;
	__u64 eagains;
	__u64 stalls;
};

struct watched {
	__u64 sent_at;	     /* first since something was received; 0: nothing */
	__u64 waiting_since; /* as far as seen; 0: nothing waits */
	__u64 waiting;	     /* what is first in the queue */
	__u32 group;
	__u32 part;
	bool accepted;
	bool stalled;
};

/* As the kernel passes them to programs. */
struct bpf_iter__bpf_sk_storage_map {
	void *meta;
	void *map;
	struct sock *sk __attribute__((aligned(8)));
	void *value __attribute__((aligned(8)));
};

struct tcp_sock___canary {
	__u32 rcv_nxt;
	__u32 copied_seq;
} __kernel_view;

struct sock_common___canary {
	unsigned char skc_state;
} __kernel_view;

/* Set before loading. */
const volatile struct {
	bool same; /* the groups are drawn here, at random, and differ in nothing */
	__u8 kept_on_tcp; /* others have come up before us */
} settings = {};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct group);
} bypass_groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct watched);
} canary_socks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GROUPS *PARTS);
	__type(key, __u32);
	__type(value, struct times);
} canary_times SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GROUPS);
	__type(key, __u32);
	__type(value, struct counts);
} canary_counts SEC(".maps");

#define count(group, field, by)                                                          \
	do {                                                                             \
		struct counts *__c = bpf_map_lookup_elem(&canary_counts, &(group));      \
		if (__c)                                                                 \
			__sync_fetch_and_add(&__c->field, (by));                         \
	} while (0)

/* @returns NULL for a socket that is in no group. */
static struct watched *watch(struct sock *sk)
{
	struct group *group = bpf_sk_storage_get(&bypass_groups, sk, NULL, 0);
	struct watched *one, new = {};

	if (!group || group->kept_on_tcp != settings.kept_on_tcp)
		return NULL;
	one = bpf_sk_storage_get(&canary_socks, sk, NULL, 0);
	if (one)
		return one;
	new.accepted = group->accepted;
	new.part = bpf_get_prandom_u32() % PARTS;
	new.group = settings.same ? bpf_get_prandom_u32() % GROUPS : group->on_tcp;
	one = bpf_sk_storage_get(&canary_socks, sk, &new, BPF_SK_STORAGE_GET_F_CREATE);
	if (one)
		count(one->group, sockets, 1);
	return one;
}

static __u32 bucket_of(__u64 nanoseconds)
{
	__u32 shift = 0;
	__u64 high = nanoseconds >> 7;

	for (int i = 0; i < 31 && high; i++) {
		high >>= 1;
		shift++;
	}
	return (shift << 6) + (nanoseconds >> shift);
}

static void note_time(const struct watched *one, __u64 nanoseconds)
{
	__u32 at = one->group * PARTS + one->part;
	__u64 bucket = bucket_of(nanoseconds);
	struct times *times = bpf_map_lookup_elem(&canary_times, &at);

	if (bucket >= BUCKETS)
		bucket = BUCKETS - 1;
	/* For the verifier, which may not see that it is in there. */
	asm volatile("" : "+r"(bucket));
	bucket &= BUCKETS - 1;
	if (times)
		__sync_fetch_and_add(&times->counts[bucket], 1);
}

SEC("tp_btf/sock_send_length")
int canary_sent(__u64 *args)
{
	struct sock *sk = (void *)args[0];
	int size = args[1];
	struct watched *one;

	if (size <= 0)
		return 0;
	one = watch(sk);
	if (!one)
		return 0;
	if (!one->sent_at)
		one->sent_at = bpf_ktime_get_ns();
	count(one->group, sent_bytes, size);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int canary_received(__u64 *args)
{
	struct sock *sk = (void *)args[0];
	int size = args[1], flags = args[2];
	struct watched *one;

	if (flags & MSG_PEEK || (size <= 0 && size != -EAGAIN))
		return 0;
	one = watch(sk);
	if (!one)
		return 0;
	if (size == -EAGAIN) {
		count(one->group, eagains, 1);
		return 0;
	}
	one->waiting_since = 0;
	one->stalled = false;
	count(one->group, received_bytes, size);
	/* At the end that accepts it is the time that the other one takes to go on. */
	if (one->sent_at && !one->accepted) {
		note_time(one, bpf_ktime_get_ns() - one->sent_at);
		count(one->group, transactions, 1);
	}
	one->sent_at = 0;
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int canary_reset(__u64 *args)
{
	struct sock *sk = (void *)args[0];
	struct watched *one = watch(sk);

	if (one)
		count(one->group, resets, 1);
	return 0;
}

/* The first of what waits to be read, or 0. */
static __u64 first_waiting(struct sock *sk)
{
	struct tcp_sock___canary *tp = (void *)sk;
	__u32 copied = BPF_CORE_READ(tp, copied_seq);
	unsigned long data = (unsigned long)BPF_CORE_READ(sk, sk_user_data);
	struct sk_psock *psock = (void *)(data & ~7ul); /* the low bits are flags */
	struct list_head *first;

	if (BPF_CORE_READ(tp, rcv_nxt) != copied)
		return 1ull << 32 | copied;
	/* Else it is in no sockmap. */
	if (!psock || !bpf_core_field_exists(psock->ingress_msg))
		return 0;
	first = BPF_CORE_READ(psock, ingress_msg.next);
	return first && first != &psock->ingress_msg ? (unsigned long)first : 0;
}

/*
 * Called once a second for each socket of bypass_groups. A stall is what has waited
 * for so long without anything being read.
 */
SEC("iter/bpf_sk_storage_map")
int canary_stalls(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *sk = ctx->sk;
	struct sock_common___canary *common = (void *)sk;
	__u64 now = bpf_ktime_get_ns(), waiting;
	struct watched *one;

	/* Also one that has neither sent nor received anything: that may be the stall. */
	one = sk ? watch(sk) : NULL;
	if (!one)
		return 0;
	if (BPF_CORE_READ(common, skc_state) != BPF_TCP_ESTABLISHED) {
		one->waiting_since = 0;
		return 0;
	}
	waiting = first_waiting(sk);
	if (!waiting || waiting != one->waiting) {
		one->stalled = false;
		one->waiting_since = waiting ? now : 0;
		one->waiting = waiting;
		return 0;
	}
	if (!one->waiting_since)
		one->waiting_since = now;
	if (one->stalled || now - one->waiting_since < STALL)
		return 0;
	one->stalled = true;
	count(one->group, stalls, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
