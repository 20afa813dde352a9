// SPDX-License-Identifier: GPL-2.0
/*
 * Connections that come up in an unusual way.
 *
 *   corners FAMILY plain|fastopen|simultaneous
 *
 * "fastopen" sends its first bytes with the SYN; "simultaneous" has two ends connect
 * to each other, and says "calling" until both do: NET_CLIENT_IPV4 and NET_CLIENT_IPV6
 * are where the first one is. Then five requests and responses of 1000 bytes cross the
 * connection, are checked, and "ok" is said.
 */
#include "net.h"

#define SIZE   1000
#define ROUNDS 5

/* The first connection fetches the cookie that the second one needs. */
static void fast_open(enum family family, int fd[2])
{
	struct sockaddr_storage ss;
	char early[SIZE], got[SIZE];
	socklen_t len;
	int l = listener(family, &ss, &len), queue = 8;

	if (setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)))
		die("TCP_FASTOPEN");
	for (int i = 0; i < 2; i++) {
		struct tcp_info info;
		socklen_t size = sizeof(info);

		stream_fill(9, 0, early, SIZE);
		fd[0] = socket(ss.ss_family, SOCK_STREAM, 0);
		if (sendto(fd[0], early, SIZE, MSG_FASTOPEN, (void *)&ss, len) != SIZE)
			die("sendto");
		fd[1] = accept(l, NULL, NULL);
		if (!read_all(fd[1], got, SIZE) || stream_check(9, 0, got, SIZE) >= 0)
			die("early bytes");
		getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &info, &size);
		if (i && !(info.tcpi_options & TCPI_OPT_SYN_DATA))
			die("no data with the SYN");
		if (!i) {
			close(fd[0]);
			close(fd[1]);
		}
	}
}

static void simultaneous(enum family family, int fd[2])
{
	struct sockaddr_storage ss[2];
	const char *client =
		getenv(family == IPV6 ? "NET_CLIENT_IPV6" : "NET_CLIENT_IPV4");
	int one = 1, error;
	socklen_t len, size;

	len = server_address(family, &ss[1]);
	ss[0] = ss[1];
	if (family == IPV4) {
		inet_pton(AF_INET, client, &((struct sockaddr_in *)&ss[0])->sin_addr);
	} else {
		char ip[64];

		snprintf(ip, sizeof(ip), "%s%s", family == MAPPED ? "::ffff:" : "",
			 client);
		inet_pton(AF_INET6, ip, &((struct sockaddr_in6 *)&ss[0])->sin6_addr);
	}
	fd[0] = socket(ss[0].ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	fd[1] = server_socket(ss[0].ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	for (int i = 0; i < 2; i++) {
		((struct sockaddr_in *)&ss[i])->sin_port = htons(7000);
		setsockopt(fd[i], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd[i], (void *)&ss[i], len))
			die("bind");
	}
	for (int i = 0; i < 2; i++)
		if (!connect(fd[i], (void *)&ss[!i], len) || errno != EINPROGRESS)
			die("connect");
	puts("calling");
	for (int i = 0; i < 2; i++) {
		poll(&(struct pollfd){fd[i], POLLOUT}, 1, 20000);
		size = sizeof(error);
		if (getsockopt(fd[i], SOL_SOCKET, SO_ERROR, &error, &size) || error)
			die("connect: %d", error);
		fcntl(fd[i], F_SETFL, 0);
	}
}

int main(int argc, char **argv)
{
	enum family family;
	int fd[2];

	if (argc != 3) {
		fprintf(stderr, "corners FAMILY plain|fastopen|simultaneous\n");
		return 2;
	}
	setlinebuf(stdout);
	family = parse_family(argv[1]);
	if (!strcmp(argv[2], "fastopen"))
		fast_open(family, fd);
	else if (!strcmp(argv[2], "simultaneous"))
		simultaneous(family, fd);
	else
		connected_pair(family, fd);
	for (int i = 0; i < ROUNDS; i++)
		if (!carry_checked(fd[0], fd[1], 1, i * SIZE, SIZE, 10) ||
		    !carry_checked(fd[1], fd[0], 2, i * SIZE, SIZE, 10))
			die("bytes");
	puts("ok");
	return 0;
}
