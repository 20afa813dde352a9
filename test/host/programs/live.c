// SPDX-License-Identifier: GPL-2.0
/*
 * A connection that is used when told to.
 *
 *   live FAMILY [ADDRESS PORT | listen ADDRESS PORT]
 *
 * Without an address both ends are here, over loopback. For each line on
 * stdin one request and one response of 1000 bytes cross the connection and
 * "ok" is printed; with "listen" this end answers instead, and prints what
 * FIONREAD says while a request waits.
 */
#include "net.h"
#include <sys/ioctl.h>

#define SIZE 1000

static int remote(enum family family, const char *ip, const char *port, bool listening)
{
	struct sockaddr_storage ss = {};
	struct sockaddr_in6 *in6 = (void *)&ss;
	struct sockaddr_in *in = (void *)&ss;
	int one = 1, fd, l;

	in->sin_port = htons(atoi(port));
	if (family == IPV4) {
		in->sin_family = AF_INET;
		inet_pton(AF_INET, ip, &in->sin_addr);
	} else {
		in6->sin6_family = AF_INET6;
		inet_pton(AF_INET6, ip, &in6->sin6_addr);
	}
	fd = socket(ss.ss_family, SOCK_STREAM, 0);
	if (!listening) {
		if (connect(fd, (void *)&ss, sizeof(*in6)))
			die("connect");
		return fd;
	}
	l = fd;
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (void *)&ss, sizeof(*in6)) || listen(l, 8))
		die("listen");
	fd = accept(l, NULL, NULL);
	close(l);
	return fd;
}

int main(int argc, char **argv)
{
	char buf[SIZE], expected[SIZE], line[16];
	enum family family;
	int fd[2] = {-1, -1}, waiting;
	uint64_t at = 0;

	if (argc < 2) {
		fprintf(stderr, "live FAMILY [ADDRESS PORT | listen ADDRESS PORT]\n");
		return 2;
	}
	setlinebuf(stdout);
	family = parse_family(argv[1]);
	if (argc == 5) {
		fd[1] = remote(family, argv[3], argv[4], true);
		while (poll(&(struct pollfd){fd[1], POLLIN}, 1, -1) == 1) {
			sleep_ms(50);
			ioctl(fd[1], FIONREAD, &waiting);
			if (!read_all(fd[1], buf, SIZE))
				break;
			printf("%d\n", waiting);
			if (!write_all(fd[1], buf, SIZE))
				break;
		}
		return 0;
	}
	if (argc == 4)
		fd[0] = remote(family, argv[2], argv[3], false);
	else
		connected_pair(family, fd);
	puts("connected");
	while (fgets(line, sizeof(line), stdin)) {
		stream_fill(getpid(), at, expected, SIZE);
		at += SIZE;
		if (!write_all(fd[0], expected, SIZE))
			die("request");
		if (argc == 2 &&
		    (!read_all(fd[1], buf, SIZE) || !write_all(fd[1], buf, SIZE)))
			die("response");
		memset(buf, 0, SIZE);
		if (!read_all(fd[0], buf, SIZE))
			die("reading the response");
		puts(memcmp(buf, expected, SIZE) ? "wrong bytes" : "ok");
	}
	return 0;
}
