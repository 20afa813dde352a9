// SPDX-License-Identifier: GPL-2.0
/*
 * A connection whose program asks for keep-alive probes itself, or does not.
 *
 *   keepalive FAMILY none|before|meanwhile
 *
 * "before" the connection is made, it asks for them after 50 s, and then every 20 s;
 * "meanwhile" after 70 s, and every 30 s. For each line on stdin 1000 bytes go each way,
 * and the seconds until the first probe and to the next are said, of the end that
 * connected and of the one that accepted.
 */
#include "net.h"

#define SIZE 1000

static void ask(int fd, int seconds, int interval)
{
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval)))
		die("keep-alive");
}

static int seconds_of(int fd, int option)
{
	int seconds = 0;
	socklen_t len = sizeof(seconds);

	getsockopt(fd, IPPROTO_TCP, option, &seconds, &len);
	return seconds;
}

int main(int argc, char **argv)
{
	struct sockaddr_storage ss;
	char buf[SIZE] = "", line[16];
	socklen_t len;
	int l, fd[2];

	if (argc != 3) {
		fprintf(stderr, "keepalive FAMILY none|before|meanwhile\n");
		return 2;
	}
	setlinebuf(stdout);
	l = listener(parse_family(argv[1]), &ss, &len);
	fd[0] = socket(ss.ss_family, SOCK_STREAM, 0);
	if (!strcmp(argv[2], "before")) {
		ask(l, 50, 20);
		ask(fd[0], 50, 20);
	}
	if (connect(fd[0], (void *)&ss, len))
		die("connect");
	fd[1] = accept(l, NULL, NULL);
	puts("connected");
	while (fgets(line, sizeof(line), stdin)) {
		for (int i = 0; i < 2; i++)
			if (!write_all(fd[i], buf, SIZE) || !read_all(fd[!i], buf, SIZE))
				die("bytes");
		printf("%d/%d %d/%d\n", seconds_of(fd[0], TCP_KEEPIDLE),
		       seconds_of(fd[0], TCP_KEEPINTVL), seconds_of(fd[1], TCP_KEEPIDLE),
		       seconds_of(fd[1], TCP_KEEPINTVL));
		if (!strcmp(argv[2], "meanwhile")) {
			ask(fd[0], 70, 30);
			ask(fd[1], 70, 30);
		}
	}
	return 0;
}
