// SPDX-License-Identifier: GPL-2.0
/*
 * A proxy of user space, as docker's: hands on what comes to a port.
 *
 *   relay PORT ADDRESS PORT
 *
 * One connection after another, over IPv4. Ends when told to.
 */
#include "net.h"

static int dial(const char *ip, const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, ip, &in.sin_addr);
	if (connect(fd, (void *)&in, sizeof(in)))
		die("connect");
	return fd;
}

/* Until both directions have ended. */
static void hand_on(int a, int b)
{
	struct pollfd fds[2] = {{a, POLLIN}, {b, POLLIN}};
	char buf[65536];
	int open = 2;

	while (open && poll(fds, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (!fds[i].revents)
				continue;
			n = recv(fds[i].fd, buf, sizeof(buf), 0);
			if (n > 0 && write_all(i ? a : b, buf, n))
				continue;
			shutdown(i ? a : b, SHUT_WR);
			fds[i].fd = -1;
			open--;
		}
	}
	close(a);
	close(b);
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	int one = 1, l, fd;

	if (argc != 4) {
		fprintf(stderr, "relay PORT ADDRESS PORT\n");
		return 2;
	}
	in.sin_port = htons(atoi(argv[1]));
	l = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (void *)&in, sizeof(in)) || listen(l, 8))
		die("listen");
	while ((fd = accept(l, NULL, NULL)) >= 0)
		hand_on(fd, dial(argv[2], argv[3]));
	return 0;
}
