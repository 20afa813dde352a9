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

static inline socklen_t loopback(enum family family, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (family == IPV4) {
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	inet_pton(AF_INET6, family == MAPPED ? "::ffff:127.0.0.1" : "::1",
		  &in6->sin6_addr);
	return sizeof(*in6);
}

/* A listener on a free loopback port; its address comes back in ss. */
static inline int listener(enum family family, struct sockaddr_storage *ss,
			   socklen_t *len)
{
	int one = 1, fd;

	*len = loopback(family, ss);
	fd = socket(ss->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)ss, *len) || listen(fd, 1024) ||
	    getsockname(fd, (void *)ss, len))
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
	struct sockaddr_storage ss;
	socklen_t len;
	int l;

	if (family == UNIX) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
			die("socketpair");
		return;
	}
	l = listener(family, &ss, &len);
	fd[0] = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
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

#endif
