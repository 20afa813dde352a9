/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few kernel types and constants these programs touch.
 *
 * The structs are CO-RE views: they name only the members we read, and libbpf
 * moves each access to where the running kernel keeps them. So the programs
 * need neither a vmlinux.h nor <linux/bpf.h>, whose <asm/types.h> clang cannot
 * find for the bpf target on multiarch distributions.
 */
#ifndef __BYPASS_KERNEL_H
#define __BYPASS_KERNEL_H

typedef unsigned char __u8;
typedef signed short __s16;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

enum { false, true };

#define NULL ((void *)0)

#define AF_INET	 2
#define AF_INET6 10

#define E2BIG  7
#define EEXIST 17

#define O_NONBLOCK 04000

#define SOL_SOCKET   1
#define SO_KEEPALIVE 9

#define SOL_TCP		  6
#define TCP_KEEPIDLE	  4
#define TCP_KEEPINTVL	  5
#define TCP_USER_TIMEOUT  18
#define TCP_NOTSENT_LOWAT 25

#define RCV_SHUTDOWN 1

/* UAPI values, which can never change. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_SOCKHASH = 18,
	BPF_MAP_TYPE_SK_STORAGE = 24,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1,
	BPF_F_INGRESS = 1,
	BPF_SK_STORAGE_GET_F_CREATE = 1,
};

enum {
	BPF_SOCK_OPS_RWND_INIT = 2,
	BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB = 4,
	BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB = 5,
	BPF_SOCK_OPS_STATE_CB = 10,
	BPF_SOCK_OPS_RTT_CB = 12,
	BPF_SOCK_OPS_HDR_OPT_LEN_CB = 14,
};

enum {
	BPF_SOCK_OPS_STATE_CB_FLAG = 1 << 2,
	BPF_SOCK_OPS_RTT_CB_FLAG = 1 << 3,
	BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG = 1 << 6,
};

/* A bit of sk_userlocks. */
enum { SOCK_RCVBUF_LOCK = 2 };

/* Number of a bit of sk_flags. */
enum { SOCK_KEEPOPEN = 3 };

enum { BPF_TCP_ESTABLISHED = 1, BPF_TCP_CLOSE = 7, BPF_TCP_CLOSE_WAIT = 8 };

enum sk_action { SK_DROP, SK_PASS };

#define __kernel_view __attribute__((preserve_access_index))

struct bpf_sock;

/* The program contexts are UAPI: laid out as there, and not relocated. */
struct bpf_sock_ops {
	__u32 op;
	__u32 args[4];
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 is_fullsock;
	__u32 snd_cwnd;
	__u32 srtt_us;
	__u32 bpf_sock_ops_cb_flags;
	__u32 __unused[20];
	__u64 bytes_received;
	__u64 bytes_acked;
	struct bpf_sock *sk;
	void *skb_data __attribute__((aligned(8)));
	void *skb_data_end __attribute__((aligned(8)));
	__u32 skb_len;
	__u32 skb_tcp_flags;
};

struct sk_msg_md {
	void *data;
	void *data_end;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 size;
	struct bpf_sock *sk;
};

struct __sk_buff;

_Static_assert(__builtin_offsetof(struct bpf_sock_ops, sk) == 184, "UAPI layout");
_Static_assert(__builtin_offsetof(struct sk_msg_md, sk) == 72, "UAPI layout");

struct list_head {
	struct list_head *next;
} __kernel_view;

struct task_struct {
	int pid;
} __kernel_view;

struct wait_queue_entry {
	void *private;
	const void *func;
	struct list_head entry;
} __kernel_view;

struct wait_queue_head {
	struct list_head head;
} __kernel_view;

struct socket_wq {
	struct wait_queue_head wait;
} __kernel_view;

struct request_sock_ops {
	int family;
} __kernel_view;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	int owned;
	struct wait_queue_head wq;
} __kernel_view socket_lock_t;

struct file {
	unsigned int f_flags;
} __kernel_view;

struct socket {
	struct file *file;
} __kernel_view;

struct proto {
	atomic_long_t *memory_allocated;
	long *sysctl_mem;
} __kernel_view;

struct user_namespace {
	int level;
} __kernel_view;

struct netns_ipv4 {
	int sysctl_tcp_rmem[3];
	int sysctl_tcp_keepalive_time;
	int sysctl_tcp_keepalive_intvl;
} __kernel_view;

struct net {
	struct user_namespace *user_ns;
	struct netns_ipv4 ipv4;
} __kernel_view;

typedef struct {
	struct net *net;
} __kernel_view possible_net_t;

struct sock_common {
	possible_net_t skc_net;
	struct proto *skc_prot;
	unsigned long skc_flags;
	struct sock *skc_listener;
} __kernel_view;

struct sock {
	struct sock_common __sk_common;
	struct {
		atomic_t rmem_alloc;
	} __kernel_view sk_backlog;
	__u8 sk_kern_sock : 1;
	int sk_rcvlowat;
	int sk_rcvbuf;
	__u8 sk_userlocks : 4;
	__u8 sk_shutdown;
	socket_lock_t sk_lock;
	struct socket_wq *sk_wq;
	struct socket *sk_socket;
	void *sk_user_data;
} __kernel_view;

struct inet_sock {
	struct sock sk;
} __kernel_view;

struct tcp_ulp_ops {
	char name[16];
} __kernel_view;

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	const struct tcp_ulp_ops *icsk_ulp_ops;
} __kernel_view;

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 notsent_lowat;
	__u32 copied_seq;
	__u32 data_segs_out;
	__u32 snd_nxt;
	__u32 write_seq;
	__u32 keepalive_time;
	__u32 keepalive_intvl;
	__u8 nonagle : 4;
	__u8 repair : 1;
	__u8 recvmsg_inq : 1;
	__u8 bpf_sock_ops_cb_flags;
} __kernel_view;

struct request_sock {
	struct sock_common __req_common;
	const struct request_sock_ops *rsk_ops;
} __kernel_view;

struct inet_request_sock {
	struct request_sock req;
} __kernel_view;

struct tcp_request_sock {
	struct inet_request_sock req;
	__u32 rcv_isn;
	__u32 snt_isn;
} __kernel_view;

/* The kernel's own struct behind struct bpf_sock_ops. */
struct bpf_sock_ops_kern {
	struct sock *sk;
} __kernel_view;

typedef struct {
	atomic_t refs;
} refcount_t;

struct sk_psock_progs {
	const void *stream_verdict;
} __kernel_view;

struct sk_buff_head {
	__u32 qlen;
} __kernel_view;

struct sk_psock {
	struct sk_psock_progs progs;
	struct sk_buff_head ingress_skb;
	struct list_head ingress_msg;
	refcount_t refcnt;
} __kernel_view;

#endif
