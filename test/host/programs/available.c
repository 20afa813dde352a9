// SPDX-License-Identifier: GPL-2.0
/*
 * A reader that trusts FIONREAD: it reads what that says and nothing else, as
 * Java's available() and .NET's Socket.Available have it.
 *
 *   available BYTES MESSAGE [early]
 *
 * A thread sends so many bytes in messages of one size, faster than they are read;
 * "early" has the first ones wait for accept(). Prints "ok", or "stalled" when data
 * waits for 5 s and FIONREAD says 0.
 */
#include "net.h"
#include <pthread.h>
#include <sys/ioctl.h>

#define SLOW_EVERY (1 << 20)

static size_t bytes, message;
static struct sockaddr_storage addr;
static socklen_t addrlen;

static void *sender(void *unused)
{
	int fd = socket(addr.ss_family, SOCK_STREAM, 0);
	char *buf = malloc(message);

	if (fd < 0 || connect(fd, (void *)&addr, addrlen))
		die("connect");
	for (size_t sent = 0; sent < bytes;) {
		size_t n = bytes - sent < message ? bytes - sent : message;

		stream_fill(1, sent, buf, n);
		if (!write_all(fd, buf, n))
			die("send");
		sent += n;
	}
	/* Not closed: the end would wake the reader as well. */
	return unused;
}

/* FIONREAD's answer once poll() has reported data. */
static size_t available(int fd)
{
	int n = 0;

	for (double end = now() + 5; now() < end && n == 0; sleep_ms(n == 0))
		if (poll(&(struct pollfd){fd, POLLIN}, 1, 5000) != 1 ||
		    ioctl(fd, FIONREAD, &n))
			break;
	if (n > 0)
		return n;
	puts("stalled");
	exit(0);
}

int main(int argc, char **argv)
{
	static char buf[SLOW_EVERY];
	pthread_t thread;
	int l, fd, seconds = 5;

	if (argc < 3) {
		fprintf(stderr, "available BYTES MESSAGE [early]\n");
		return 2;
	}
	bytes = strtoul(argv[1], NULL, 10);
	message = strtoul(argv[2], NULL, 10);
	l = listener(IPV4, &addr, &addrlen);
	if (argc == 4)
		setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	if (pthread_create(&thread, NULL, sender, NULL))
		die("pthread_create");
	fd = accept(l, NULL, NULL);
	for (size_t got = 0, slow = 0; got < bytes;) {
		size_t n = available(fd);

		if (n > sizeof(buf))
			n = sizeof(buf);
		if (!read_all(fd, buf, n))
			die("recv");
		if (stream_check(1, got, buf, n) >= 0)
			die("a wrong byte");
		got += n;
		if (got / SLOW_EVERY > slow) {
			slow = got / SLOW_EVERY;
			sleep_ms(1);
		}
	}
	pthread_join(thread, NULL);
	puts("ok");
	return 0;
}
