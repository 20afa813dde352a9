/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the test programs: connected pairs, whole reads and writes, a checkable byte
 * stream. */
#ifndef NET_H
#define NET_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define die(...)                                                                         \
	do {                                                                             \
		fprintf(stderr, __VA_ARGS__);                                            \
		fprintf(stderr, ": %s\n", strerror(errno));                              \
		exit(2);                                                                 \
	} while (0)

enum family { IPV4, IPV6, MAPPED, UNIX };

static const char *const family_name[] = {"ipv4", "ipv6", "mapped", "unix"};

static inline enum family parse_family(const char *s)
{
	for (int i = 0; i < 4; i++)
		if (!strcmp(s, family_name[i]))
			return i;
	fprintf(stderr, "family: ipv4, ipv6, mapped or unix, not %s\n", s);
	exit(2);
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static inline void sleep_ms(int ms)
{
	usleep(ms * 1000);
}

/*
 * Where a server is reached: over loopback, or at what NET_ADDRESS_IPV4 and
 * NET_ADDRESS_IPV6 say, where it is in the network namespace that NET_SERVER names.
 */
static inline socklen_t server_address(enum family family, struct sockaddr_storage *ss)
{
	const char *ip = getenv(family == IPV6 ? "NET_ADDRESS_IPV6" : "NET_ADDRESS_IPV4");
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;
	char mapped[64];

	if (!ip)
		ip = family == IPV6 ? "::1" : "127.0.0.1";
	memset(ss, 0, sizeof(*ss));
	if (family == IPV4) {
		in->sin_family = AF_INET;
		inet_pton(AF_INET, ip, &in->sin_addr);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	snprintf(mapped, sizeof(mapped), "%s%s", family == MAPPED ? "::ffff:" : "", ip);
	inet_pton(AF_INET6, mapped, &in6->sin6_addr);
	return sizeof(*in6);
}

static inline void enter(int netns)
{
	if (netns < 0 || setns(netns, CLONE_NEWNET))
		die("setns");
}

/* A socket stays in the namespace in which it was made. */
static inline int server_socket(int family, int type, int protocol)
{
	const char *name = getenv("NET_SERVER");
	int fd, own, server;

	if (!name)
		return socket(family, type, protocol);
	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	server = open(name, O_RDONLY | O_CLOEXEC);
	enter(server);
	fd = socket(family, type, protocol);
	enter(own);
	close(own);
	close(server);
	return fd;
}

/* The port that a variable of the environment names, or one that the kernel chooses. */
static inline void choose_port(const char *name, struct sockaddr_storage *ss)
{
	const char *port = getenv(name);

	/* At the same place in both families. */
	((struct sockaddr_in *)ss)->sin_port = htons(port ? atoi(port) : 0);
}

/* Binds where clients ask, or to any address: what they ask may be changed on the way. */
static inline int server_bind(int fd, const struct sockaddr_storage *ss, socklen_t len)
{
	struct sockaddr_storage any = *ss;

	choose_port("NET_SERVER_PORT", &any);
	if (getenv("NET_SERVER")) {
		if (ss->ss_family == AF_INET)
			((struct sockaddr_in *)&any)->sin_addr.s_addr = INADDR_ANY;
		else
			((struct sockaddr_in6 *)&any)->sin6_addr = in6addr_any;
	}
	return bind(fd, (void *)&any, len);
}

/* Has the address say the port that the kernel has chosen. */
static inline int server_port(int fd, struct sockaddr_storage *ss)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);

	if (getsockname(fd, (void *)&bound, &len))
		return -1;
	((struct sockaddr_in *)ss)->sin_port = ((struct sockaddr_in *)&bound)->sin_port;
	return 0;
}

/* A listener on a free port; the address that leads to it comes back in ss. */
static inline int listener(enum family family, struct sockaddr_storage *ss,
			   socklen_t *len)
{
	int one = 1, fd;

	*len = server_address(family, ss);
	fd = server_socket(ss->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (server_bind(fd, ss, *len) || listen(fd, 1024) || server_port(fd, ss))
		die("listen");
	return fd;
}

static inline void nodelay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* fd[0] connected, fd[1] accepted. */
static inline void connected_pair(enum family family, int fd[2])
{
	struct sockaddr_storage ss, any = {};
	socklen_t len;
	int l, one = 1;

	if (family == UNIX) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
			die("socketpair");
		return;
	}
	l = listener(family, &ss, &len);
	fd[0] = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	any.ss_family = ss.ss_family;
	choose_port("NET_CLIENT_PORT", &any);
	setsockopt(fd[0], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (getenv("NET_CLIENT_PORT") && bind(fd[0], (void *)&any, len))
		die("bind");
	if (fd[0] < 0 || connect(fd[0], (void *)&ss, len))
		die("connect");
	fd[1] = accept(l, NULL, NULL);
	if (fd[1] < 0)
		die("accept");
	close(l);
}

static inline bool write_all(int fd, const void *buf, size_t len)
{
	while (len) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf = (const char *)buf + n;
		len -= n;
	}
	return true;
}

static inline bool read_all(int fd, void *buf, size_t len)
{
	while (len) {
		ssize_t n = recv(fd, buf, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf = (char *)buf + n;
		len -= n;
	}
	return true;
}

/*
 * Byte i of stream s. Every 8-byte word says where it belongs, so a byte that
 * is lost, doubled, moved or from another stream shows.
 */
static inline uint64_t stream_word(uint64_t stream, uint64_t index)
{
	uint64_t x = (index + 1) * 0x9e3779b97f4a7c15ull ^ stream * 0xc2b2ae3d27d4eb4full;

	x ^= x >> 29;
	return x * 0xbf58476d1ce4e5b9ull;
}

static inline void stream_fill(uint64_t stream, uint64_t offset, void *buf, size_t len)
{
	unsigned char *p = buf;

	while (len) {
		uint64_t word = stream_word(stream, offset / 8);
		size_t at = offset % 8, n = 8 - at < len ? 8 - at : len;

		memcpy(p, (char *)&word + at, n);
		p += n;
		offset += n;
		len -= n;
	}
}

/* The first wrong byte's index, or -1. */
static inline ssize_t stream_check(uint64_t stream, uint64_t offset, const void *buf,
				   size_t len)
{
	const unsigned char *p = buf;

	for (size_t done = 0; done < len;) {
		uint64_t word = stream_word(stream, (offset + done) / 8);
		size_t at = (offset + done) % 8;
		size_t n = 8 - at < len - done ? 8 - at : len - done;

		if (memcmp(p + done, (char *)&word + at, n))
			return done;
		done += n;
	}
	return -1;
}

static inline void run_on(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Sends a part of a stream from one end, and checks it at the other, which waits so long
 * for it. */
static inline bool carry_checked(int from, int to, uint64_t stream, uint64_t at,
				 size_t size, int seconds)
{
	struct timeval patience = {.tv_sec = seconds};
	char sent[size], got[size];

	setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	stream_fill(stream, at, sent, size);
	return write_all(from, sent, size) && read_all(to, got, size) &&
	       stream_check(stream, at, got, size) < 0;
}

#endif
