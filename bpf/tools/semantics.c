// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what TCP sockets do here, one observation after another.
 *
 *   semantics [-o CGROUP] [ID...]
 *
 * A native program, for the cgroup it was started in: once in one with a
 * bypass and once in one without, and the two outputs tell what the bypass
 * changes. CGROUP is the directory of a cgroup without a bypass, for what
 * happens when only one end is on it. IDs choose probes; default is all.
 *
 * Each probe runs in a process of its own, all at once, so one that hangs is a
 * result like any other. The output is one JSON object a line:
 *
 *   {"semantic": ID, "result": WORDS, "path": PATH, "detail": WORDS}
 *
 * PATH says what TCP's own counters saw of the data: "tcp" all of it, "bypass"
 * nothing, "mixed" a part, "none" when the probe sends none.
 *
 * Nothing here waits for a length of time to tell two outcomes apart if it can
 * wait for a state instead: settle() until the peer's kernel has the data,
 * asleep() until a reader sleeps. So the output is the same on a busy machine.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h> /* which older <linux/errqueue.h> needs */
#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __has_include
#if __has_include(<linux/tls.h>)
#include <linux/tls.h>
#endif
#endif

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef SO_PEEK_OFF
#define SO_PEEK_OFF 42
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#ifndef SO_EE_ORIGIN_ZEROCOPY
#define SO_EE_ORIGIN_ZEROCOPY 5
#endif
#ifndef TCP_INQ
#define TCP_INQ 36
#endif
#ifndef TCP_CM_INQ
#define TCP_CM_INQ TCP_INQ
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif

/* A probe that has not ended by then hangs. */
#define LIMIT_MS 10000
/* How long "nothing happens" is watched, after the data is known to be there. */
#define QUIET_MS 200
/* How long something that must happen may take; less than LIMIT_MS. */
#define PATIENCE_MS 5000

/* Kernel memory a stalled reader may cost before the probe calls it unbounded. */
#define MOST_QUEUED (32u << 20)
#define BULK	    (64u << 10)

enum { ESTABLISHED = 1, CLOSED = 7, CLOSE_WAIT = 8 };

static const char *outside;
static const char *path = "none";
static const char *semantic;
static int out;

/*
 * Reporting
 */

static const char *error_name(int err)
{
	static char other[24];

#define NAME(e)                                                                          \
	case e:                                                                          \
		return #e
	switch (err) {
		NAME(EAGAIN);
		NAME(EBUSY);
		NAME(ECONNRESET);
		NAME(EFAULT);
		NAME(EINTR);
		NAME(EINVAL);
		NAME(EIO);
		NAME(EBADMSG);
		NAME(ENOBUFS);
		NAME(ENOENT);
		NAME(ENOMEM);
		NAME(ENOPROTOOPT);
		NAME(ENOSPC);
		NAME(ENOTCONN);
		NAME(EOPNOTSUPP);
		NAME(EPERM);
		NAME(EPIPE);
		NAME(ETIMEDOUT);
	}
#undef NAME
	snprintf(other, sizeof(other), "errno %d", err);
	return other;
}

static void print_result(int fd, const char *result, const char *detail)
{
	char line[512];
	int n;

	/* No word of ours holds what JSON must escape. */
	n = snprintf(line, sizeof(line),
		     "{\"semantic\": \"%s\", \"result\": \"%s\", \"path\": \"%s\", "
		     "\"detail\": \"%s\"}\n",
		     semantic, result, path, detail);
	if (write(fd, line, n) != n)
		_exit(1);
}

/* Ends the probe with what was seen. */
__attribute__((noreturn, format(printf, 2, 3))) static void
finish(const char *result, const char *format, ...)
{
	char detail[256];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	print_result(out, result, detail);
	_exit(0);
}

/* Ends the probe because what comes before the observation did not work. */
__attribute__((noreturn)) static void broken(const char *what)
{
	finish("failed", "%s: %s", what, error_name(errno));
}

#define must(call)                                                                       \
	({                                                                               \
		__typeof__(call) __r = (call);                                           \
		if (__r < 0)                                                             \
			broken(#call);                                                   \
		__r;                                                                     \
	})

/* An outcome of a call that returns bytes: "5", "end" or the error. */
static const char *outcome(ssize_t n)
{
	static char number[24];

	if (n < 0)
		return error_name(errno);
	if (!n)
		return "end";
	snprintf(number, sizeof(number), "%zd", n);
	return number;
}

/*
 * Waiting
 */

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Until the peer's kernel has all that was sent, a FIN too. */
static void settle(int fd)
{
	int left;

	while (!ioctl(fd, SIOCOUTQ, &left) && left)
		nap();
}

static void tcp_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len));
}

static void await_state(int fd, int state)
{
	struct tcp_info info;

	for (tcp_info(fd, &info); info.tcpi_state != state; tcp_info(fd, &info))
		nap();
}

/* Until the peer's FIN or reset is here. */
static void await_end(int fd)
{
	struct tcp_info info;

	for (tcp_info(fd, &info); info.tcpi_state == ESTABLISHED; tcp_info(fd, &info))
		nap();
}

static short ready(int fd, short events, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	must(poll(&p, 1, timeout_ms));
	return p.revents;
}

/*
 * Connections. Both ends are past their established callbacks when accept()
 * returns, so the first byte may already go by the bypass.
 */

struct pair {
	int client;
	int server;
};

static int listener(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	*addr = (struct sockaddr_in){.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	must(bind(fd, (void *)addr, sizeof(*addr)));
	must(listen(fd, 8));
	must(getsockname(fd, (void *)addr, &len));
	return fd;
}

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)));
}

static int client(const struct sockaddr_in *addr)
{
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	must(connect(fd, (const void *)addr, sizeof(*addr)));
	return fd;
}

static int accepted(int l)
{
	int fd = must(accept(l, NULL, NULL));

	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	close(l);
	return fd;
}

static struct pair connected(void)
{
	struct sockaddr_in addr;
	struct pair p;
	int l = listener(&addr);

	p.client = client(&addr);
	p.server = accepted(l);
	return p;
}

static void transmit(int fd, const void *data, size_t len)
{
	if (must(send(fd, data, len, MSG_NOSIGNAL)) != (ssize_t)len)
		finish("failed", "send() took a part");
}

/*
 * A pair with 5 bytes waiting at the server that went over TCP: a listener
 * that defers accept() has no socket for the connection before data comes.
 */
static struct pair connected_early(void)
{
	struct sockaddr_in addr;
	struct pair p;
	int l = listener(&addr);

	set(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
	p.client = client(&addr);
	transmit(p.client, "early", 5);
	p.server = accepted(l);
	settle(p.client);
	return p;
}

/* TCP's own count of the bytes sent to this socket; a FIN counts as one. */
static void observe(int receiver, uint64_t sent)
{
	struct tcp_info info;

	tcp_info(receiver, &info);
	if (info.tcpi_bytes_received >= sent)
		path = "tcp";
	else
		path = info.tcpi_bytes_received <= 1 ? "bypass" : "mixed";
}

static void fill(unsigned char *data, size_t len, uint64_t offset)
{
	for (size_t i = 0; i < len; i++)
		data[i] = ((offset + i) * 2654435761u) >> 13;
}

/* Reads len bytes of the pattern; false if they are not that. */
static bool receive_pattern(int fd, size_t len)
{
	static unsigned char got[BULK], want[BULK];
	struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (size_t done = 0; done < len;) {
		size_t most = len - done < BULK ? len - done : BULK;
		ssize_t n = recv(fd, got, most, 0);

		if (n <= 0)
			return false;
		fill(want, n, done);
		if (memcmp(got, want, n))
			return false;
		done += n;
	}
	return true;
}

/*
 * A thread in a blocking recv()
 */

struct reader {
	pthread_t thread;
	atomic_int tid;
	atomic_bool done;
	int fd;
	int flags;
	size_t len;
	char data[64];
	ssize_t n;
	int err;
};

static void *read_once(void *arg)
{
	struct reader *r = arg;

	r->tid = syscall(SYS_gettid);
	r->n = recv(r->fd, r->data, r->len, r->flags);
	r->err = errno;
	r->done = true;
	return NULL;
}

static void start_reader(struct reader *r, int fd, size_t len, int flags)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	r->len = len;
	r->flags = flags;
	errno = pthread_create(&r->thread, NULL, read_once, r);
	if (errno)
		broken("pthread_create");
}

/* Until the reader sleeps in recv(); false when recv() has returned. */
static bool asleep(struct reader *r)
{
	for (;; nap()) {
		char name[64], text[256] = "", *state;
		FILE *f;

		if (r->done)
			return false;
		if (!r->tid)
			continue;
		snprintf(name, sizeof(name), "/proc/self/task/%d/stat", r->tid);
		f = fopen(name, "r");
		if (!f)
			continue;
		if (!fgets(text, sizeof(text), f))
			text[0] = 0;
		fclose(f);
		state = strrchr(text, ')');
		if (state && state[1] && state[2] == 'S')
			return !r->done;
	}
}

static ssize_t reader_result(struct reader *r)
{
	pthread_join(r->thread, NULL);
	errno = r->err;
	return r->n;
}

/*
 * Reading
 */

static void wait_all(struct pair p)
{
	struct reader r;
	ssize_t n;

	start_reader(&r, p.server, 10, MSG_WAITALL);
	asleep(&r);
	transmit(p.client, "later", 5);
	n = reader_result(&r);
	observe(p.server, 10);
	if (n == 10)
		finish("full", "recv() waited for all 10 bytes");
	finish(n > 0 ? "short" : outcome(n), "recv() of 10 bytes returned %s",
	       outcome(n));
}

static void probe_waitall(void)
{
	struct pair p = connected();

	transmit(p.client, "first", 5);
	settle(p.client);
	wait_all(p);
}

static void probe_waitall_early(void)
{
	wait_all(connected_early());
}

static void probe_early_order(void)
{
	struct pair p = connected_early();
	char data[10];
	size_t got = 0;

	transmit(p.client, "later", 5);
	settle(p.client);
	while (got < sizeof(data)) {
		ssize_t n = must(recv(p.server, data + got, sizeof(data) - got, 0));

		if (!n)
			break;
		got += n;
	}
	observe(p.server, 10);
	if (got == 10 && !memcmp(data, "earlylater", 10))
		finish("in order", "bytes sent before accept() came first");
	finish("reordered", "bytes sent before accept() came after later ones");
}

static void probe_peek(void)
{
	struct pair p = connected();
	char one[16] = "", two[16] = "", three[16] = "";
	ssize_t n;

	transmit(p.client, "hello", 5);
	settle(p.client);
	n = recv(p.server, one, 3, MSG_PEEK | MSG_DONTWAIT);
	if (n != 3)
		finish(outcome(n), "the first MSG_PEEK");
	n = recv(p.server, two, 16, MSG_PEEK | MSG_DONTWAIT);
	if (n != 5)
		finish(outcome(n), "the second MSG_PEEK");
	n = recv(p.server, three, 16, MSG_DONTWAIT);
	observe(p.server, 5);
	if (n == 5 && !memcmp(one, "hel", 3) && !strcmp(two, "hello") &&
	    !strcmp(three, "hello"))
		finish("kept", "what was peeked at was read again");
	finish("lost", "recv() after MSG_PEEK returned %s", outcome(n));
}

static void probe_peek_messages(void)
{
	struct pair p = connected();
	char data[16];
	ssize_t n;

	for (int i = 0; i < 2; i++) {
		transmit(p.client, "hello", 5);
		settle(p.client);
	}
	n = recv(p.server, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);
	observe(p.server, 10);
	if (n == 10)
		finish("all", "MSG_PEEK saw both messages");
	finish(n == 5 ? "first" : outcome(n), "MSG_PEEK saw %s of 10 bytes", outcome(n));
}

/* Where the next MSG_PEEK begins is kept by the socket. */
static void probe_peek_off(void)
{
	struct pair p = connected();
	char one[4] = "", two[4] = "";
	int from = 0;

	if (setsockopt(p.server, SOL_SOCKET, SO_PEEK_OFF, &from, sizeof(from)))
		finish("unavailable", "SO_PEEK_OFF: %s", error_name(errno));
	transmit(p.client, "hello", 5);
	settle(p.client);
	must(recv(p.server, one, 2, MSG_PEEK | MSG_DONTWAIT));
	must(recv(p.server, two, 2, MSG_PEEK | MSG_DONTWAIT));
	observe(p.server, 5);
	finish(!strcmp(one, "he") && !strcmp(two, "ll") ? "goes on"
	       : !strcmp(one, two)			? "repeats"
							: "wrong",
	       "two MSG_PEEK of 2 bytes with SO_PEEK_OFF");
}

static void probe_trunc(void)
{
	struct pair p = connected();
	char data[16];
	ssize_t n;

	transmit(p.client, "dropkeep", 8);
	settle(p.client);
	n = recv(p.server, NULL, 4, MSG_TRUNC | MSG_DONTWAIT);
	observe(p.server, 8);
	if (n != 4)
		finish(outcome(n), "recv(NULL, MSG_TRUNC)");
	n = recv(p.server, data, sizeof(data), MSG_DONTWAIT);
	if (n == 4 && !memcmp(data, "keep", 4))
		finish("discards",
		       "recv(NULL, MSG_TRUNC) discarded what it was asked to");
	finish("keeps", "recv() afterwards returned %s", outcome(n));
}

__attribute__((noreturn)) static void fionread(int fd)
{
	char data[16];
	int waiting = -1;
	ssize_t n;

	must(ioctl(fd, FIONREAD, &waiting));
	observe(fd, 5);
	n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
	if (n != 5)
		finish("failed", "recv() returned %s", outcome(n));
	if (waiting == 5)
		finish("counted", "FIONREAD 5 with 5 bytes waiting");
	finish(waiting ? "wrong" : "zero", "FIONREAD %d with 5 bytes waiting", waiting);
}

static void probe_fionread(void)
{
	struct pair p = connected();

	transmit(p.client, "hello", 5);
	settle(p.client);
	fionread(p.server);
}

static void probe_fionread_early(void)
{
	fionread(connected_early().server);
}

static void enter(const char *cgroup)
{
	char file[4096];
	int fd;

	snprintf(file, sizeof(file), "%s/cgroup.procs", cgroup);
	fd = must(open(file, O_WRONLY | O_CLOEXEC));
	must(write(fd, "0", 1));
	close(fd);
}

struct outsider {
	int fd;	    /* our end */
	int orders; /* a byte written here has the peer send a message */
	int sent;   /* and one read here tells that it has arrived */
};

static void send_when_told(int fd, int orders, int sent)
{
	char byte;

	while (read(orders, &byte, 1) == 1) {
		transmit(fd, "hello", 5);
		settle(fd);
		must(write(sent, "", 1));
	}
	_exit(0);
}

/* The peer's socket is made in the other cgroup, and so is out of the map. */
static struct outsider connected_outside(bool we_connect)
{
	struct sockaddr_in addr;
	struct outsider o;
	int orders[2], sent[2], ports[2], l = -1;

	if (!outside)
		finish("skipped", "no cgroup without the bypass was named");
	if (!we_connect)
		l = listener(&addr);
	must(pipe(orders));
	must(pipe(sent));
	must(pipe(ports));
	if (!must(fork())) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(orders[1]);
		enter(outside);
		if (!we_connect)
			send_when_told(client(&addr), orders[0], sent[1]);
		l = listener(&addr);
		must(write(ports[1], &addr, sizeof(addr)));
		send_when_told(accepted(l), orders[0], sent[1]);
	}
	close(orders[0]);
	close(sent[1]);
	close(ports[1]);
	/* Without a peer the child has reported why. */
	if (we_connect) {
		if (read(ports[0], &addr, sizeof(addr)) != sizeof(addr))
			_exit(0);
		o.fd = client(&addr);
	} else {
		if (!(ready(l, POLLIN, PATIENCE_MS) & POLLIN))
			_exit(0);
		o.fd = accepted(l);
	}
	o.orders = orders[1];
	o.sent = sent[0];
	return o;
}

static void have_sent(struct outsider o)
{
	char byte;

	must(write(o.orders, "", 1));
	if (read(o.sent, &byte, 1) != 1)
		_exit(0);
}

static void probe_fionread_outside(void)
{
	struct outsider o = connected_outside(false);

	have_sent(o);
	fionread(o.fd);
}

static void probe_fionread_connecting(void)
{
	struct outsider o = connected_outside(true);

	have_sent(o);
	fionread(o.fd);
}

static void probe_inq(void)
{
	struct pair p = connected();
	char data[4], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	int left;

	set(p.server, IPPROTO_TCP, TCP_INQ, 1);
	transmit(p.client, "helloworld", 10);
	settle(p.client);
	must(recvmsg(p.server, &msg, MSG_DONTWAIT));
	observe(p.server, 10);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != IPPROTO_TCP || c->cmsg_type != TCP_CM_INQ)
			continue;
		memcpy(&left, CMSG_DATA(c), sizeof(left));
		finish(left == 6 ? "counted"
		       : left	 ? "wrong"
				 : "zero",
		       "TCP_INQ %d with 6 bytes left", left);
	}
	finish("absent", "recvmsg() brought no TCP_INQ");
}

/*
 * Readiness. There is no probe of a blocking recv() with SO_RCVLOWAT: over plain
 * TCP it can sleep for ever, as the kernel then counts only what came last.
 */

static void lowat(struct pair p, bool (*is_ready)(int handle, int timeout_ms), int handle)
{
	bool early, late;

	set(p.server, SOL_SOCKET, SO_RCVLOWAT, 10);
	transmit(p.client, "hello", 5);
	settle(p.client);
	early = is_ready(handle, QUIET_MS);
	transmit(p.client, "world", 5);
	late = is_ready(handle, PATIENCE_MS);
	settle(p.client);
	observe(p.server, 10);
	if (early)
		finish("early", "ready with 5 bytes, SO_RCVLOWAT 10");
	if (late)
		finish("waits", "ready with 10 bytes and not before, SO_RCVLOWAT 10");
	finish("never", "not ready with 10 bytes, SO_RCVLOWAT 10");
}

static bool poll_ready(int fd, int timeout_ms)
{
	return ready(fd, POLLIN, timeout_ms) & POLLIN;
}

static bool epoll_ready(int epoll, int timeout_ms)
{
	struct epoll_event event;

	return must(epoll_wait(epoll, &event, 1, timeout_ms)) == 1;
}

static int epoll_on(int fd, uint32_t events)
{
	struct epoll_event event = {.events = events};
	int epoll = must(epoll_create1(EPOLL_CLOEXEC));

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	return epoll;
}

static void probe_lowat_poll(void)
{
	struct pair p = connected();

	lowat(p, poll_ready, p.server);
}

static void probe_lowat_epoll(void)
{
	struct pair p = connected();

	lowat(p, epoll_ready, epoll_on(p.server, EPOLLIN));
}

static void probe_lowat_epoll_edge(void)
{
	struct pair p = connected();

	lowat(p, epoll_ready, epoll_on(p.server, EPOLLIN | EPOLLET));
}

__attribute__((noreturn)) static void woke(int wakeups)
{
	if (wakeups == 3)
		finish("each", "every message woke an edge-triggered epoll");
	finish("some", "%d of 3 messages woke an edge-triggered epoll", wakeups);
}

static void probe_edges(void)
{
	struct pair p = connected();
	int epoll = epoll_on(p.server, EPOLLIN | EPOLLET), wakeups = 0;

	for (int i = 0; i < 3; i++) {
		transmit(p.client, "hello", 5);
		settle(p.client);
		wakeups += epoll_ready(epoll, QUIET_MS);
	}
	observe(p.server, 15);
	woke(wakeups);
}

__attribute__((noreturn)) static void edges_from(struct outsider o)
{
	int epoll = epoll_on(o.fd, EPOLLIN | EPOLLET), wakeups = 0;

	for (int i = 0; i < 3; i++) {
		have_sent(o);
		wakeups += epoll_ready(epoll, QUIET_MS);
	}
	observe(o.fd, 15);
	woke(wakeups);
}

static void probe_edges_outside(void)
{
	edges_from(connected_outside(false));
}

static void probe_edges_connecting(void)
{
	edges_from(connected_outside(true));
}

/* All that waits, as a reader of an edge-triggered epoll takes it. */
static size_t drain(int fd)
{
	char data[64];
	size_t got = 0;
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		got += n;
	return got;
}

/*
 * A reader that takes all that waits at each wake-up, as those of Go and Node do. In
 * the middle it asks for TCP_INQ, which has the guarded bypass send over TCP.
 */
static void probe_edges_switched(void)
{
	struct pair p = connected();
	int epoll = epoll_on(p.server, EPOLLIN | EPOLLET);
	size_t got = 0;

	for (unsigned int i = 0; i < 6; i++) {
		if (i == 2)
			set(p.server, IPPROTO_TCP, TCP_INQ, 1);
		transmit(p.client, "hello", 5);
		settle(p.client);
		while (got < 5u * (i + 1) && epoll_ready(epoll, PATIENCE_MS))
			got += drain(p.server);
		if (got < 5u * (i + 1))
			finish("lost", "no wake-up by message %u", i + 1);
	}
	observe(p.server, 30);
	finish("each", "every message woke a reader that had taken all before");
}

static void probe_rdhup(void)
{
	struct pair p = connected();
	short events;
	char data[16];
	ssize_t n;

	transmit(p.client, "hello", 5);
	close(p.client);
	await_state(p.server, CLOSE_WAIT);
	events = ready(p.server, POLLIN | POLLRDHUP, QUIET_MS);
	observe(p.server, 5);
	n = recv(p.server, data, sizeof(data), MSG_DONTWAIT);
	if (n != 5)
		finish("lost", "recv() of what was sent before close() returned %s",
		       outcome(n));
	n = recv(p.server, data, sizeof(data), MSG_DONTWAIT);
	if (n)
		finish("no end", "recv() after the last byte returned %s", outcome(n));
	finish(events == (POLLIN | POLLRDHUP) ? "both"
	       : events == POLLIN	      ? "POLLIN"
	       : events == POLLRDHUP	      ? "POLLRDHUP"
					      : "other",
	       "poll() after the peer closed with data waiting; then the data, then the "
	       "end");
}

/*
 * Urgent data
 */

static void probe_oob(void)
{
	struct pair p = connected();
	char data[16], urgent = 0;
	short events;
	ssize_t n;

	transmit(p.client, "hello", 5);
	must(send(p.client, "!", 1, MSG_OOB));
	settle(p.client);
	events = ready(p.server, POLLPRI, QUIET_MS);
	if (recv(p.server, &urgent, 1, MSG_OOB | MSG_DONTWAIT) != 1)
		urgent = 0;
	n = recv(p.server, data, sizeof(data), MSG_DONTWAIT);
	observe(p.server, 6);
	if ((events & POLLPRI) && urgent == '!' && n == 5)
		finish("separate", "POLLPRI, and MSG_OOB read the urgent byte");
	if (n + !!urgent != 6)
		finish("lost", "recv() returned %s", outcome(n));
	if (urgent)
		finish("inline",
		       "no POLLPRI, and MSG_OOB read the first byte of the stream");
	finish("inline", "no POLLPRI, and the urgent byte came in line");
}

/*
 * Ending
 */

static void probe_half_close(void)
{
	struct pair p = connected();
	char data[16];
	ssize_t n;

	transmit(p.client, "hello", 5);
	must(shutdown(p.client, SHUT_WR));
	await_end(p.server);
	n = recv(p.server, data, sizeof(data), 0);
	if (n != 5)
		finish(outcome(n), "what was sent before shutdown(SHUT_WR)");
	n = recv(p.server, data, sizeof(data), 0);
	if (n)
		finish(outcome(n), "recv() after the last byte");
	observe(p.server, 5);
	transmit(p.server, "reply", 5);
	n = recv(p.client, data, sizeof(data), 0);
	if (n != 5)
		finish(outcome(n), "what came back after shutdown(SHUT_WR)");
	finish("works", "data, end, and data the other way");
}

static void probe_close_unread(void)
{
	struct pair p = connected();
	char data[16];
	ssize_t n;

	transmit(p.client, "hello", 5);
	settle(p.client);
	observe(p.server, 5);
	close(p.server);
	await_end(p.client);
	n = recv(p.client, data, sizeof(data), 0);
	finish(outcome(n), "recv() after the peer closed with 5 bytes unread");
}

static void reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(fd);
}

static void probe_linger(void)
{
	struct pair p = connected();
	char data[16];
	ssize_t n;

	transmit(p.client, "hello", 5);
	settle(p.client);
	must(recv(p.server, data, sizeof(data), 0));
	observe(p.server, 5);
	reset(p.client);
	await_end(p.server);
	n = recv(p.server, data, sizeof(data), 0);
	finish(outcome(n), "recv() after the peer closed with SO_LINGER 0");
}

static void probe_linger_waiting(void)
{
	struct pair p = connected();
	char data[16];
	ssize_t n;

	transmit(p.client, "hello", 5);
	settle(p.client);
	observe(p.server, 5);
	reset(p.client);
	await_state(p.server, CLOSED);
	n = recv(p.server, data, sizeof(data), MSG_DONTWAIT);
	if (n != 5)
		finish(outcome(n), "recv() of data that was waiting when the reset came");
	n = recv(p.server, data, sizeof(data), MSG_DONTWAIT);
	finish(n < 0 && errno == ECONNRESET ? "data first" : outcome(n),
	       "5 bytes that were waiting when the reset came, then %s", outcome(n));
}

static void probe_reset_error(void)
{
	struct pair p = connected();
	struct sockaddr_in peer;
	socklen_t len = sizeof(int);
	const char *name;
	int err = 0;

	transmit(p.client, "hello", 5);
	settle(p.client);
	observe(p.server, 5);
	reset(p.client);
	await_state(p.server, CLOSED);
	must(getsockopt(p.server, SOL_SOCKET, SO_ERROR, &err, &len));
	len = sizeof(peer);
	name = getpeername(p.server, (void *)&peer, &len) ? error_name(errno) : "a peer";
	finish(error_name(err), "SO_ERROR after a reset; getpeername(): %s", name);
}

/*
 * Tests what wakes a sleeping recv()
 */

/* One message has passed, so that the connection is known to be on the bypass. */
static struct pair used(void)
{
	struct pair p = connected();
	char data[8];

	transmit(p.client, "hello", 5);
	must(recv(p.server, data, sizeof(data), 0));
	settle(p.client);
	observe(p.server, 5);
	return p;
}

static struct pair sleeping(struct reader *r)
{
	struct pair p = used();

	start_reader(r, p.server, sizeof(r->data), 0);
	if (!asleep(r))
		finish("failed", "recv() did not wait: %s", outcome(reader_result(r)));
	return p;
}

static void probe_blocked_end(void)
{
	struct reader r;
	struct pair p = sleeping(&r);

	close(p.client);
	finish(outcome(reader_result(&r)), "recv() that slept when the peer closed");
}

static void probe_blocked_reset(void)
{
	struct reader r;
	struct pair p = sleeping(&r);

	reset(p.client);
	finish(outcome(reader_result(&r)), "recv() that slept when the peer reset");
}

static void probe_blocked_shutdown(void)
{
	struct reader r;
	struct pair p = sleeping(&r);

	must(shutdown(p.server, SHUT_RDWR));
	finish(outcome(reader_result(&r)),
	       "recv() that slept when another thread called shutdown()");
}

/* Two threads sleep in recv(), and one message comes: it is for one of them. */
static void probe_threads(void)
{
	struct reader r[2];
	struct pair p = used();
	int first;

	for (int i = 0; i < 2; i++) {
		start_reader(&r[i], p.server, 5, 0);
		if (!asleep(&r[i]))
			finish("failed", "recv() did not wait");
	}
	transmit(p.client, "hello", 5);
	while (!r[0].done && !r[1].done)
		nap();
	for (int i = 0; i < QUIET_MS && !(r[0].done && r[1].done); i++)
		nap();
	first = r[0].done && r[0].n == 5 ? 0 : 1;
	if (r[!first].done)
		finish(outcome(reader_result(&r[!first])),
		       "a second recv() that slept when one message came");
	transmit(p.client, "later", 5);
	reader_result(&r[!first]);
	finish("waits", "a second recv() slept on until a second message came");
}

static void probe_rcvtimeo(void)
{
	struct pair p = used();
	struct timeval timeout = {.tv_usec = 100000};
	long long start, took;
	char data[16];
	ssize_t n;
	int err;

	must(setsockopt(p.server, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
	start = now_ms();
	n = recv(p.server, data, sizeof(data), 0);
	err = errno;
	took = now_ms() - start;
	errno = err;
	if (n < 0 && err == EAGAIN && took < 90)
		finish("early", "EAGAIN before SO_RCVTIMEO had passed");
	finish(outcome(n), "recv() without data, SO_RCVTIMEO 100 ms");
}

static atomic_int signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

static void interrupt(int flags)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
	struct reader r;
	struct pair p;
	ssize_t n;

	must(sigaction(SIGUSR1, &action, NULL));
	p = sleeping(&r);
	pthread_kill(r.thread, SIGUSR1);
	while (!signals && !r.done)
		nap();
	if (asleep(&r))
		transmit(p.client, "later", 5);
	n = reader_result(&r);
	finish(n == 5 ? "continues" : outcome(n),
	       "recv() interrupted by a signal, %s SA_RESTART",
	       flags ? "with" : "without");
}

static void probe_signal(void)
{
	interrupt(0);
}

static void probe_signal_restart(void)
{
	interrupt(SA_RESTART);
}

/*
 * Other ways to send and receive
 */

static int file_with_pattern(void)
{
	static unsigned char data[BULK];
	int fd = must((int)syscall(SYS_memfd_create, "semantics", 1u /* MFD_CLOEXEC */));

	fill(data, BULK, 0);
	if (must(pwrite(fd, data, BULK, 0)) != BULK)
		broken("pwrite");
	return fd;
}

__attribute__((noreturn)) static void intact(int fd, const char *what)
{
	bool same = receive_pattern(fd, BULK);

	observe(fd, BULK);
	if (same)
		finish("intact", "64 KiB by %s", what);
	finish("corrupt", "64 KiB by %s did not come as they were", what);
}

static void probe_sendfile(void)
{
	struct pair p = connected();
	int file = file_with_pattern();
	off_t offset = 0;

	while (offset < (off_t)BULK)
		if (!must(sendfile(p.client, file, &offset, BULK - offset)))
			finish("failed", "sendfile() came to an end");
	intact(p.server, "sendfile()");
}

static void probe_splice_send(void)
{
	struct pair p = connected();
	int file = file_with_pattern(), ends[2];
	off_t offset = 0;

	must(pipe(ends));
	while (offset < (off_t)BULK) {
		ssize_t n = must(splice(file, &offset, ends[1], NULL, 16384, 0));

		while (n > 0)
			n -= must(splice(ends[0], NULL, p.client, NULL, n, 0));
	}
	intact(p.server, "splice() from a pipe");
}

static void probe_splice_receive(void)
{
	struct pair p = connected();
	char data[16] = "";
	int ends[2];
	ssize_t n;

	must(pipe(ends));
	transmit(p.client, "hello", 5);
	settle(p.client);
	observe(p.server, 5);
	/* A blocking one that finds no data would wait for ever. */
	must(fcntl(p.server, F_SETFL, O_NONBLOCK));
	n = splice(p.server, NULL, ends[1], NULL, 16, SPLICE_F_NONBLOCK);
	if (n < 0 && errno == EAGAIN)
		finish("EAGAIN", "splice() to a pipe found no data where 5 bytes wait");
	if (n == 5 && read(ends[0], data, 5) == 5 && !strcmp(data, "hello"))
		finish("intact", "splice() to a pipe took the 5 bytes that wait");
	finish(outcome(n), "splice() to a pipe");
}

static void probe_zerocopy(void)
{
	struct pair p = connected();
	static unsigned char data[BULK];
	char control[256];
	struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct sock_extended_err err;
	struct cmsghdr *c;
	int one = 1;
	ssize_t n;

	if (setsockopt(p.client, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		finish("unavailable", "SO_ZEROCOPY: %s", error_name(errno));
	fill(data, BULK, 0);
	n = must(send(p.client, data, BULK, MSG_ZEROCOPY));
	if (!receive_pattern(p.server, n))
		finish("corrupt", "what MSG_ZEROCOPY sent did not come as it was");
	observe(p.server, n);
	settle(p.client);
	ready(p.client, 0, 5 * QUIET_MS);
	if (recvmsg(p.client, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		finish("silent", "no completion came: %s", error_name(errno));
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_len < CMSG_LEN(sizeof(err)))
		finish("silent", "a completion without its record");
	memcpy(&err, CMSG_DATA(c), sizeof(err));
	finish(err.ee_origin == SO_EE_ORIGIN_ZEROCOPY ? "completes" : "wrong",
	       "the completion of MSG_ZEROCOPY came");
}

/* Completions that have come; each tells of a range of calls. */
static unsigned int completions(int fd)
{
	unsigned int count = 0;

	for (;;) {
		char control[256];
		struct msghdr msg = {.msg_control = control,
				     .msg_controllen = sizeof(control)};
		struct sock_extended_err err;
		struct cmsghdr *c;

		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return count;
		c = CMSG_FIRSTHDR(&msg);
		if (!c || c->cmsg_len < CMSG_LEN(sizeof(err)))
			continue;
		memcpy(&err, CMSG_DATA(c), sizeof(err));
		if (err.ee_origin == SO_EE_ORIGIN_ZEROCOPY)
			count += err.ee_data - err.ee_info + 1;
	}
}

/* On a direction that bytes from before the bypass keep on TCP. */
static void probe_zerocopy_early(void)
{
	struct pair p = connected_early();
	static unsigned char data[BULK];
	unsigned int sent = 0, done = 0;
	int one = 1;

	must(recv(p.server, data, 5, MSG_WAITALL));
	if (setsockopt(p.client, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		finish("unavailable", "SO_ZEROCOPY: %s", error_name(errno));
	for (; sent < 3; sent++) {
		ssize_t n;

		fill(data, BULK, 0);
		n = must(send(p.client, data, BULK, MSG_ZEROCOPY));
		if (!receive_pattern(p.server, n))
			finish("corrupt",
			       "what MSG_ZEROCOPY sent did not come as it was");
	}
	settle(p.client);
	for (int i = 0; i < QUIET_MS; i++) {
		done += completions(p.client);
		nap();
	}
	observe(p.server, 5 + 3 * BULK);
	finish(done == sent  ? "each"
	       : done < sent ? "too few"
			     : "too many",
	       "%u completions of 3 calls with MSG_ZEROCOPY", done);
}

static void probe_mmsg(void)
{
	struct pair p = connected();
	char in[3][5], text[] = "firstotherthird";
	struct mmsghdr to[3] = {}, from[3] = {};
	struct iovec iov[6];
	int n;

	for (int i = 0; i < 3; i++) {
		iov[i] = (struct iovec){text + 5 * i, 5};
		iov[3 + i] = (struct iovec){in[i], 5};
		to[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
		from[i].msg_hdr =
			(struct msghdr){.msg_iov = &iov[3 + i], .msg_iovlen = 1};
	}
	n = must(sendmmsg(p.client, to, 3, 0));
	if (n != 3)
		finish("part", "sendmmsg() sent %d of 3", n);
	settle(p.client);
	n = must(recvmmsg(p.server, from, 3, MSG_DONTWAIT, NULL));
	observe(p.server, 15);
	if (n == 3 && !memcmp(in, text, 15))
		finish("all", "3 messages sent and received with one call each");
	finish("part", "recvmmsg() received %d of 3", n);
}

static void probe_iovecs(void)
{
	enum { COUNT = 1024 };
	struct pair p = connected();
	static unsigned char data[BULK];
	struct iovec iov[COUNT];
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = COUNT};
	ssize_t n;

	fill(data, BULK, 0);
	for (int i = 0; i < COUNT; i++)
		iov[i] = (struct iovec){data + i * (BULK / COUNT), BULK / COUNT};
	n = must(sendmsg(p.client, &msg, 0));
	if (n != (ssize_t)BULK)
		finish("part", "sendmsg() with 1024 iovecs took a part");
	intact(p.server, "sendmsg() with 1024 iovecs");
}

/*
 * Accounting
 */

static void probe_tcp_info(void)
{
	struct pair p = connected();
	struct tcp_info to, from;
	char data[1000] = "";

	transmit(p.client, data, sizeof(data));
	settle(p.client);
	if (recv(p.server, data, sizeof(data), MSG_WAITALL) != sizeof(data))
		broken("recv");
	observe(p.server, sizeof(data));
	tcp_info(p.client, &to);
	tcp_info(p.server, &from);
	if (to.tcpi_bytes_acked >= 1000 && from.tcpi_bytes_received == 1000)
		finish("counted", "TCP_INFO counted 1000 of 1000 bytes");
	finish(from.tcpi_bytes_received ? "part" : "zero",
	       "TCP_INFO counted %llu of 1000 bytes",
	       (unsigned long long)from.tcpi_bytes_received);
}

/* A reader that does not read: does its sender come to a stop? */
static void probe_stalled(void)
{
	static unsigned char data[BULK];
	struct pair p = connected();
	const char *stop = "unbounded";
	size_t queued = 0;

	/* A host may be tuned to buffers as large as our limit. */
	set(p.client, SOL_SOCKET, SO_SNDBUF, 1 << 20);
	set(p.server, SOL_SOCKET, SO_RCVBUF, 1 << 20);
	while (queued < MOST_QUEUED) {
		ssize_t n;

		fill(data, BULK, queued);
		n = send(p.client, data, BULK, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			queued += n;
		} else if (errno != EAGAIN) {
			stop = error_name(errno);
			break;
		} else if (!(ready(p.client, POLLOUT, 5 * QUIET_MS) & POLLOUT)) {
			stop = "blocks";
			break;
		}
	}
	if (!receive_pattern(p.server, queued))
		finish("loses", "bytes that a stalled reader left waiting did not come");
	observe(p.server, queued);
	finish(stop, "a sender to a reader that does not read; %s and all bytes came",
	       queued <= MOST_QUEUED / 2 ? "at most 16 MiB waited"
					 : "more than 16 MiB waited");
}

/*
 * TLS in the kernel. Both the bypass and TCP_ULP want an established socket,
 * and the bypass is first: TLS before the map cannot come about.
 */

#ifdef TLS_CIPHER_AES_GCM_128

static bool tls_loaded(void)
{
	char text[256] = "";
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_available_ulp", "r");

	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = 0;
		fclose(f);
	}
	return strstr(text, "tls");
}

static void tls(int fd, int direction)
{
	struct tls12_crypto_info_aes_gcm_128 crypto = {
		.info = {.version = TLS_1_2_VERSION,
			 .cipher_type = TLS_CIPHER_AES_GCM_128},
	};

	/* Asking for it would load the module, and it would stay. */
	if (!tls_loaded())
		finish("unavailable", "TLS in the kernel is not loaded");
	memset(crypto.key, 7, sizeof(crypto.key));
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")))
		finish(error_name(errno), "TCP_ULP tls");
	if (setsockopt(fd, SOL_TLS, direction, &crypto, sizeof(crypto)))
		finish(errno == ENOENT ? "unavailable" : error_name(errno), "%s",
		       direction == TLS_TX ? "TLS_TX" : "TLS_RX");
}

static void probe_tls(void)
{
	struct pair p = connected();
	char data[16] = "";
	ssize_t n;

	tls(p.client, TLS_TX);
	tls(p.server, TLS_RX);
	transmit(p.client, "hello", 5);
	n = recv(p.server, data, sizeof(data), 0);
	observe(p.server, 5);
	if (n == 5 && !strcmp(data, "hello"))
		finish("intact", "both ends with TLS in the kernel");
	finish(n > 0 ? "corrupt" : outcome(n), "both ends with TLS in the kernel");
}

static void probe_tls_send(void)
{
	struct pair p = connected();
	char data[64];
	ssize_t n;

	tls(p.client, TLS_TX);
	transmit(p.client, "hello", 5);
	n = recv(p.server, data, sizeof(data), 0);
	observe(p.server, 5);
	if (n > 5 && data[0] == 23 && data[1] == 3)
		finish("encrypted", "the peer's socket read a TLS record");
	if (n == 5 && !memcmp(data, "hello", 5))
		finish("plain text", "the peer's socket read what TLS was to encrypt");
	finish(n > 0 ? "corrupt" : outcome(n), "the sender with TLS in the kernel");
}

#else

static void probe_tls(void)
{
	finish("unavailable", "no TLS in the kernel's headers");
}

static void probe_tls_send(void)
{
	probe_tls();
}

#endif

static const struct probe {
	const char *id;
	void (*run)(void);
} probes[] = {
	{"waitall", probe_waitall},
	{"waitall-early", probe_waitall_early},
	{"early-order", probe_early_order},
	{"peek", probe_peek},
	{"peek-messages", probe_peek_messages},
	{"peek-off", probe_peek_off},
	{"trunc", probe_trunc},
	{"fionread", probe_fionread},
	{"fionread-early", probe_fionread_early},
	{"fionread-outside", probe_fionread_outside},
	{"fionread-connecting", probe_fionread_connecting},
	{"inq", probe_inq},
	{"lowat-poll", probe_lowat_poll},
	{"lowat-epoll", probe_lowat_epoll},
	{"lowat-epoll-edge", probe_lowat_epoll_edge},
	{"edges", probe_edges},
	{"edges-outside", probe_edges_outside},
	{"edges-connecting", probe_edges_connecting},
	{"edges-switched", probe_edges_switched},
	{"rdhup", probe_rdhup},
	{"oob", probe_oob},
	{"half-close", probe_half_close},
	{"close-unread", probe_close_unread},
	{"linger", probe_linger},
	{"linger-waiting", probe_linger_waiting},
	{"reset-error", probe_reset_error},
	{"blocked-end", probe_blocked_end},
	{"blocked-reset", probe_blocked_reset},
	{"blocked-shutdown", probe_blocked_shutdown},
	{"threads", probe_threads},
	{"rcvtimeo", probe_rcvtimeo},
	{"signal", probe_signal},
	{"signal-restart", probe_signal_restart},
	{"sendfile", probe_sendfile},
	{"splice-send", probe_splice_send},
	{"splice-receive", probe_splice_receive},
	{"zerocopy", probe_zerocopy},
	{"zerocopy-early", probe_zerocopy_early},
	{"mmsg", probe_mmsg},
	{"iovecs", probe_iovecs},
	{"tcp-info", probe_tcp_info},
	{"stalled", probe_stalled},
	{"tls", probe_tls},
	{"tls-send", probe_tls_send},
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

struct running {
	const struct probe *probe;
	pid_t pid;
	int out;
};

static void start(struct running *r, const struct probe *probe)
{
	int ends[2];
	pid_t self = getpid();

	if (pipe2(ends, O_CLOEXEC)) {
		perror("pipe");
		exit(2);
	}
	r->probe = probe;
	r->out = ends[0];
	r->pid = fork();
	if (r->pid < 0) {
		perror("fork");
		exit(2);
	}
	if (r->pid)
		goto parent;

	/* A probe that hangs must not outlive us, whatever ends us. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != self)
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	semantic = probe->id;
	out = ends[1];
	probe->run();
	_exit(1);
parent:
	close(ends[1]);
}

/* Prints what the probe says, or what became of it. */
static void collect(struct running *r, long long deadline)
{
	char line[1024];
	long long left = deadline - now_ms();
	ssize_t n = 0;
	bool over;

	over = ready(r->out, POLLIN, left > 0 ? left : 0);
	if (over)
		n = read(r->out, line, sizeof(line));
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	close(r->out);
	semantic = r->probe->id;
	if (n > 0) {
		fwrite(line, n, 1, stdout);
		fflush(stdout);
	} else if (over) {
		print_result(1, "failed", "the probe ended without a result");
	} else {
		print_result(1, "hangs", "no end within 10 s");
	}
}

static const struct probe *probe_named(const char *id)
{
	for (size_t i = 0; i < PROBES; i++)
		if (!strcmp(probes[i].id, id))
			return &probes[i];
	fprintf(stderr, "semantics: there is no probe %s\n", id);
	exit(2);
}

int main(int argc, char **argv)
{
	struct running running[PROBES];
	size_t count = 0;
	long long deadline;
	int option;

	while ((option = getopt(argc, argv, "o:")) != -1) {
		if (option != 'o') {
			fprintf(stderr, "semantics [-o CGROUP] [ID...]\n");
			return 2;
		}
		outside = optarg;
	}
	if (optind == argc) {
		for (; count < PROBES; count++)
			start(&running[count], &probes[count]);
	} else {
		for (; optind < argc && count < PROBES; count++)
			start(&running[count], probe_named(argv[optind++]));
	}
	deadline = now_ms() + LIMIT_MS;
	for (size_t i = 0; i < count; i++)
		collect(&running[i], deadline);
	return 0;
}
