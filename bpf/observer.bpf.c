// SPDX-License-Identifier: GPL-2.0
/*
 * Sees what processes ask of their TCP sockets: flags of calls, and what was set
 * before, as far as a bypass may not honour it; and how many messages go each way.
 *
 * Attached to tracepoints of the whole host for some seconds by tools/observe.c,
 * with whose process it goes. It changes nothing, and nothing is pinned. There is
 * one record for each process and socket, by the inode that ss knows it by.
 */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define IPPROTO_TCP 6
#define MAX_SEEN    65536

#define S_IFMT	 0170000
#define S_IFSOCK 0140000

#define SO_RCVLOWAT 18
#define SO_PEEK_OFF 42
#define TCP_ULP	    31
#define TCP_INQ	    36
#define FIONREAD    0x541b

#define MSG_OOB	     0x1
#define MSG_PEEK     0x2
#define MSG_TRUNC    0x20
#define MSG_WAITALL  0x100
#define MSG_ZEROCOPY 0x4000000

/* In the order of tools/observe.c. */
enum use {
	WAITALL,
	TRUNC,
	OOB,
	PEEK,
	THREADS,
	SPLICE,
	SENDFILE,
	FIONREADS,
	RCVLOWAT,
	INQ,
	PEEKS_OFF,
	ULP,
	ZEROCOPY,
	USES,
};

struct key {
	__u64 inode;
	__u64 tgid;
};

struct seen {
	__u64 uses[USES];
	__u64 sends;
	__u64 sent;
	__u64 receives;
	__u64 received;
	__u64 within;
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SEEN);
	__type(key, struct key);
	__type(value, struct seen);
} observed SEC(".maps");

/* The cgroup that is asked about: none where the whole host is. */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} asked_about SEC(".maps");

/* A record to begin with: too large for the stack of a program beside the rest. */
static const struct seen nothing;

/* In the order of tools/observe.c. */
enum count {
	LOST,		/* Calls on sockets that there was no room for. */
	LOST_ELSEWHERE, /* The same of processes that are not asked about. */
	ELSEWHERE,	/* Records of these: they may be the other ends. */
	COUNTS,
};
__u64 counts[COUNTS];

/* Kernels before 6.3 have no tracepoint for what comes and goes: flags are those of
 * calls. */
const volatile __u32 by_calls SEC(".rodata.calls");

struct inode___seen {
	unsigned long i_ino;
	unsigned short i_mode;
} __kernel_view;

struct file___seen {
	struct inode___seen *f_inode;
	void *private_data;
} __kernel_view;

struct socket___seen {
	struct file___seen *file;
	struct sock *sk;
} __kernel_view;

struct sock___seen {
	struct socket___seen *sk_socket;
	__u16 sk_protocol;
	int sk_peek_off;
	int sk_rcvlowat;
} __kernel_view;

struct fdtable___seen {
	unsigned int max_fds;
	struct file___seen **fd;
} __kernel_view;

struct files_struct___seen {
	struct fdtable___seen *fdt;
} __kernel_view;

struct thread_info___seen {
	__u32 status;
} __kernel_view;

struct task_struct___seen {
	struct thread_info___seen thread_info;
	struct task_struct___seen *group_leader;
	struct files_struct___seen *files;
	char comm[16];
} __kernel_view;

/* Wakes poll() and select(). Absent where the kernel hides its symbols. */
extern const void pollwake __ksym __weak;

static struct seen *record_of(__u64 inode)
{
	struct key key = {.inode = inode, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct seen *seen = bpf_map_lookup_elem(&observed, &key);
	struct task_struct___seen *task;
	bool within;

	if (seen)
		return seen;
	/* Where no cgroup is asked about, that it is in none is an error. */
	within = bpf_current_task_under_cgroup(&asked_about, 0) != 0;
	if ((!within && counts[ELSEWHERE] >= MAX_SEEN / 2) ||
	    bpf_map_update_elem(&observed, &key, &nothing, BPF_NOEXIST) == -E2BIG) {
		__sync_fetch_and_add(&counts[within ? LOST : LOST_ELSEWHERE], 1);
		return NULL;
	}
	if (!within)
		__sync_fetch_and_add(&counts[ELSEWHERE], 1);
	seen = bpf_map_lookup_elem(&observed, &key);
	if (!seen)
		return NULL;
	task = (void *)bpf_get_current_task();
	task = BPF_CORE_READ(task, group_leader);
	BPF_CORE_READ_INTO(&seen->name, task, comm);
	seen->within = within;
	return seen;
}

static void count(struct seen *seen, enum use use)
{
	__sync_fetch_and_add(&seen->uses[use], 1);
}

static void note_flags(struct seen *seen, int flags, bool receives)
{
	if (flags & MSG_OOB)
		count(seen, OOB);
	if (!receives) {
		if (flags & MSG_ZEROCOPY)
			count(seen, ZEROCOPY);
		return;
	}
	if (flags & MSG_WAITALL)
		count(seen, WAITALL);
	if (flags & MSG_TRUNC)
		count(seen, TRUNC);
	if (flags & MSG_PEEK)
		count(seen, PEEK);
}

/* Set at any time, also long before we came. */
static void note_options(struct seen *seen, struct sock *sk)
{
	struct sock___seen *options = (void *)sk;
	struct tcp_sock *tp = (void *)sk;

	if (BPF_CORE_READ(options, sk_rcvlowat) > 1)
		count(seen, RCVLOWAT);
	if (BPF_CORE_READ(options, sk_peek_off) >= 0)
		count(seen, PEEKS_OFF);
	if (BPF_CORE_READ_BITFIELD_PROBED(tp, recvmsg_inq))
		count(seen, INQ);
	if (BPF_CORE_READ(tp, inet_conn.icsk_ulp_ops))
		count(seen, ULP);
}

/* Does another thread sleep in a call on a socket that this one has just read? */
static void note_threads(struct seen *seen, struct sock *sk)
{
	struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	struct list_head *head = &wq->wait.head;
	struct list_head *entry = BPF_CORE_READ(head, next);

	for (int i = 0; i < 4; i++) {
		struct wait_queue_entry *wait;
		__u64 task;

		if (entry == head)
			return;
		wait = (void *)entry -
		       bpf_core_field_offset(struct wait_queue_entry, entry);
		task = (__u64)BPF_CORE_READ(wait, private);
		/* A thread in poll() reads nothing; epoll's entries are of no thread. */
		if (task && task != bpf_get_current_task() &&
		    BPF_CORE_READ(wait, func) != &pollwake) {
			count(seen, THREADS);
			return;
		}
		entry = BPF_CORE_READ(entry, next);
	}
}

/*
 * 0 for what is no socket of TCP, and for the kernel's own, which have no file. Loads
 * from what a tracepoint is given need no helper: a fault reads as zero.
 */
static __u64 inode_of(struct sock___seen *sk)
{
	return sk->sk_protocol == IPPROTO_TCP ? sk->sk_socket->file->f_inode->i_ino : 0;
}

/* The first calls, then some: these change seldom, and cost the most to look at. */
static bool is_looked_at(__u64 calls)
{
	return calls < 16 || !(calls % 16);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(observe_sent, struct sock *sk, int ret)
{
	__u64 inode = inode_of((void *)sk);
	struct seen *seen = inode ? record_of(inode) : NULL;

	/* The kernel passes no flags here: observe_calls sees them. */
	if (!seen)
		return 0;
	if (is_looked_at(seen->sends))
		note_options(seen, sk);
	__sync_fetch_and_add(&seen->sends, ret > 0);
	__sync_fetch_and_add(&seen->sent, ret > 0 ? ret : 0);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(observe_received, struct sock *sk, int ret, int flags)
{
	__u64 inode = inode_of((void *)sk);
	struct seen *seen = inode ? record_of(inode) : NULL;

	if (!seen)
		return 0;
	note_flags(seen, flags, true);
	if (is_looked_at(seen->receives)) {
		note_options(seen, sk);
		if (&pollwake)
			note_threads(seen, sk);
	}
	if (ret > 0 && !(flags & MSG_PEEK)) {
		__sync_fetch_and_add(&seen->receives, 1);
		__sync_fetch_and_add(&seen->received, ret);
	}
	return 0;
}

/* Numbers of calls, and where their arguments are. */
#if defined(__TARGET_ARCH_x86)
enum {
	NR_IOCTL = 16,
	NR_SENDFILE = 40,
	NR_SENDTO = 44,
	NR_RECVFROM = 45,
	NR_SENDMSG = 46,
	NR_RECVMSG = 47,
	NR_SETSOCKOPT = 54,
	NR_SPLICE = 275,
	NR_RECVMMSG = 299,
	NR_SENDMMSG = 307,
};
struct pt_regs___seen {
	unsigned long bx, r10, cx, dx, si, di;
} __kernel_view;
#define ARGUMENT_0(regs) BPF_CORE_READ(regs, di)
#define ARGUMENT_1(regs) BPF_CORE_READ(regs, si)
#define ARGUMENT_2(regs) BPF_CORE_READ(regs, dx)
#define ARGUMENT_3(regs) BPF_CORE_READ(regs, r10)
#define KNOWS_CALLS
/* Calls of 32 bits have numbers of their own, which are those of other calls above. */
enum {
	NR_32_IOCTL = 54,
	NR_32_SENDFILE = 187,
	NR_32_SENDFILE64 = 239,
	NR_32_SPLICE = 313,
};
#define TS_COMPAT 0x2
#define KNOWS_CALLS_OF_32
#elif defined(__TARGET_ARCH_arm64)
enum {
	NR_IOCTL = 29,
	NR_SENDFILE = 71,
	NR_SPLICE = 76,
	NR_SENDTO = 206,
	NR_RECVFROM = 207,
	NR_SETSOCKOPT = 208,
	NR_SENDMSG = 211,
	NR_RECVMSG = 212,
	NR_RECVMMSG = 243,
	NR_SENDMMSG = 269,
};
struct pt_regs___seen {
	__u64 regs[31];
} __kernel_view;
#define ARGUMENT_0(own) BPF_CORE_READ(own, regs[0])
#define ARGUMENT_1(own) BPF_CORE_READ(own, regs[1])
#define ARGUMENT_2(own) BPF_CORE_READ(own, regs[2])
#define ARGUMENT_3(own) BPF_CORE_READ(own, regs[3])
#define KNOWS_CALLS
#endif

#ifdef KNOWS_CALLS

/* The socket of a descriptor of this process, and its inode: 0 if it is not of TCP. */
static struct sock *sock_of(__u32 fd, __u64 *inode)
{
	struct task_struct___seen *task = (void *)bpf_get_current_task();
	struct fdtable___seen *table = BPF_CORE_READ(task, files, fdt);
	struct file___seen **files = BPF_CORE_READ(table, fd);
	struct file___seen *file;
	struct socket___seen *socket;
	struct sock___seen *sk;

	*inode = 0;
	if (fd >= BPF_CORE_READ(table, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file ||
	    (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	sk = (void *)BPF_CORE_READ(socket, sk);
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
		*inode = BPF_CORE_READ(file, f_inode, i_ino);
	return (void *)sk;
}

/* Which use setsockopt() is, or USES: a value that only restores the default is none. */
static enum use option(__u64 level, __u64 name, const void *at)
{
	enum use use = USES;
	int value = 0;

	if (level == SOL_TCP && name == TCP_ULP)
		return ULP;
	if (bpf_probe_read_user(&value, sizeof(value), at))
		return USES;
	if (level == SOL_SOCKET && name == SO_RCVLOWAT && value > 1)
		use = RCVLOWAT;
	else if (level == SOL_SOCKET && name == SO_PEEK_OFF && value >= 0)
		use = PEEKS_OFF;
	else if (level == SOL_TCP && name == TCP_INQ && value)
		use = INQ;
	return use;
}

#ifdef KNOWS_CALLS_OF_32
/*
 * Whether it was a call of 32 bits that tells. Options that are set by one are seen as
 * sockets have them; flags of what is sent by socketcall() are not seen.
 */
static bool note_call_of_32(__u64 number, struct pt_regs___seen *regs)
{
	struct task_struct___seen *task = (void *)bpf_get_current_task();
	struct seen *seen;
	enum use use;
	__u64 inode;

	switch (number) {
	case NR_32_IOCTL:
		if ((__u32)BPF_CORE_READ(regs, cx) != FIONREAD)
			return false;
		use = FIONREADS;
		break;
	case NR_32_SENDFILE:
	case NR_32_SENDFILE64:
		use = SENDFILE;
		break;
	case NR_32_SPLICE:
		use = SPLICE;
		break;
	default:
		return false;
	}
	if (!(BPF_CORE_READ(task, thread_info.status) & TS_COMPAT))
		return false;
	sock_of(BPF_CORE_READ(regs, bx), &inode);
	seen = inode ? record_of(inode) : NULL;
	if (seen)
		count(seen, use);
	return true;
}
#endif

struct raw_arguments {
	__u64 args[2];
};

SEC("raw_tp/sys_enter")
int observe_calls(struct raw_arguments *ctx)
{
	struct pt_regs___seen *regs = (void *)ctx->args[0];
	enum use use = USES;
	bool receives = false;
	struct seen *seen;
	struct sock *sk;
	int flags = 0;
	__u64 inode;

	/* This runs for every call of the host: no more is read than tells. */
#ifdef KNOWS_CALLS_OF_32
	if (note_call_of_32(ctx->args[1], regs))
		return 0;
#endif
	switch (ctx->args[1]) {
	case NR_IOCTL:
		if ((__u32)ARGUMENT_1(regs) != FIONREAD)
			return 0;
		use = FIONREADS;
		break;
	case NR_SENDFILE:
		use = SENDFILE;
		break;
	case NR_SPLICE:
		use = SPLICE;
		break;
	case NR_SETSOCKOPT:
		use = option(ARGUMENT_1(regs), ARGUMENT_2(regs),
			     (void *)ARGUMENT_3(regs));
		if (use == USES)
			return 0;
		break;
	case NR_SENDTO:
	case NR_SENDMSG:
	case NR_SENDMMSG:
		flags = ctx->args[1] == NR_SENDMSG ? ARGUMENT_2(regs) : ARGUMENT_3(regs);
		if (!by_calls && !(flags & (MSG_OOB | MSG_ZEROCOPY)))
			return 0;
		break;
	case NR_RECVFROM:
	case NR_RECVMSG:
	case NR_RECVMMSG:
		if (!by_calls)
			return 0;
		flags = ctx->args[1] == NR_RECVMSG ? ARGUMENT_2(regs) : ARGUMENT_3(regs);
		receives = true;
		break;
	default:
		return 0;
	}
	sk = sock_of(ARGUMENT_0(regs), &inode);
	seen = inode ? record_of(inode) : NULL;
	if (!seen)
		return 0;
	if (use < USES) {
		count(seen, use);
		return 0;
	}
	note_flags(seen, flags, receives);
	if (by_calls)
		note_options(seen, sk);
	return 0;
}

#endif
