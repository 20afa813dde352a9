// SPDX-License-Identifier: GPL-2.0
/*
 * A connection whose ends ask for Multipath TCP or not, as Go's listeners do.
 *
 *   mptcp FAMILY LISTENER CLIENT, each of the two "tcp" or "mptcp"
 *
 * Sends requests and responses of 1000 bytes, and prints "ok" when each came and
 * the accepted socket knows its own address; "unknown" where the kernel has no
 * Multipath TCP.
 */
#include "net.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define SIZE   1000
#define ROUNDS 5

typedef int make_socket(int family, int type, int protocol);

static int stream_socket(make_socket *make, int family, const char *protocol)
{
	int fd = make(family, SOCK_STREAM, strcmp(protocol, "mptcp") ? 0 : IPPROTO_MPTCP);

	if (fd >= 0)
		return fd;
	if (errno != EPROTONOSUPPORT && errno != ENOPROTOOPT)
		die("socket");
	puts("unknown");
	exit(0);
}

static bool carry(int from, int to, int round)
{
	char sent[SIZE], got[SIZE];

	stream_fill(from, round * SIZE, sent, SIZE);
	return write_all(from, sent, SIZE) && read_all(to, got, SIZE) &&
	       !memcmp(sent, got, SIZE);
}

int main(int argc, char **argv)
{
	struct sockaddr_storage ss, own = {};
	socklen_t len, own_len = sizeof(own);
	int l, fd[2];

	if (argc < 4) {
		fprintf(stderr, "mptcp FAMILY LISTENER CLIENT\n");
		return 2;
	}
	len = server_address(parse_family(argv[1]), &ss);
	l = stream_socket(server_socket, ss.ss_family, argv[2]);
	fd[0] = stream_socket(socket, ss.ss_family, argv[3]);
	if (server_bind(l, &ss, len) || listen(l, 8) || server_port(l, &ss))
		die("listen");
	if (connect(fd[0], (void *)&ss, len))
		die("connect");
	fd[1] = accept(l, NULL, NULL);
	if (fd[1] < 0)
		die("accept");
	for (int i = 0; i < ROUNDS; i++)
		if (!carry(fd[0], fd[1], i) || !carry(fd[1], fd[0], i))
			die("bytes");
	if (getsockname(fd[1], (void *)&own, &own_len) || own_len != len ||
	    ((struct sockaddr_in *)&own)->sin_port !=
		    ((struct sockaddr_in *)&ss)->sin_port)
		die("the accepted socket's address");
	puts("ok");
	return 0;
}
