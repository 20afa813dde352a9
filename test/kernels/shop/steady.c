// SPDX-License-Identifier: GPL-2.0
/*
 * A server that is restarted, and a client that goes on meanwhile.
 *
 *   steady serve PORT
 *   steady ask PORT FILE
 *
 * The server greets each connection with a byte, then answers each request of
 * 1000 bytes with the same bytes. Told to end by SIGTERM, it takes nobody in any
 * more, serves whom it has greeted until they leave, and ends.
 *
 * The client makes one connection after another, of 50 requests each. Where
 * nobody listens, or nobody greets, it tries again: so does a balancer in front
 * of a server that is restarted. Everything that goes wrong behind the greeting
 * has failed. FILE has "CONNECTIONS REQUESTS FAILED" so far, after each request.
 */
#include "net.h"

#define SIZE	 1000
#define REQUESTS 50
/* An emulated machine has to get on with other things, too. */
#define PAUSE_MS 20

static volatile sig_atomic_t ending;

static void end(int signal)
{
	ending = signal;
}

static struct sockaddr_in at(const char *port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(atoi(port)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void answer(int fd)
{
	char buf[SIZE];

	/*
	 * systemd tells every process of a service to end. A signal that wakes
	 * recv() makes it fail with EAGAIN on a bypassed socket.
	 */
	signal(SIGTERM, SIG_IGN);
	if (!write_all(fd, "!", 1))
		exit(0);
	while (read_all(fd, buf, SIZE) && write_all(fd, buf, SIZE))
		;
	exit(0);
}

static void serve(const char *port)
{
	struct sockaddr_in in = at(port);
	int one = 1, l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), fd;

	sigaction(SIGTERM, &(struct sigaction){.sa_handler = end}, NULL);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (void *)&in, sizeof(in)) || listen(l, 64))
		die("listen");
	for (;;) {
		bool last = ending;

		while ((fd = accept(l, NULL, NULL)) >= 0) {
			if (!fork()) {
				close(l);
				answer(fd);
			}
			close(fd);
		}
		if (last)
			break;
		poll(&(struct pollfd){l, POLLIN}, 1, 100);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	close(l);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void keep_counts(int out, unsigned long connections, unsigned long requests,
			unsigned long failed)
{
	char counts[64];

	snprintf(counts, sizeof(counts), "%12lu %12lu %12lu\n", connections, requests,
		 failed);
	if (pwrite(out, counts, strlen(counts), 0) < 0)
		die("write");
}

static void ask(const char *port, const char *file)
{
	char expected[SIZE], buf[SIZE];
	unsigned long connections = 0, requests = 0, failed = 0;
	struct sockaddr_in in = at(port);
	int out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM, 0), i;

		if (connect(fd, (void *)&in, sizeof(in)) || !read_all(fd, buf, 1)) {
			close(fd);
			/* Loopback's bytes are counted, and refusals are some. */
			sleep_ms(200);
			continue;
		}
		for (i = 0; i < REQUESTS; i++) {
			stream_fill(connections, (uint64_t)i * SIZE, expected, SIZE);
			memset(buf, 0, SIZE);
			sleep_ms(PAUSE_MS);
			if (!write_all(fd, expected, SIZE) || !read_all(fd, buf, SIZE) ||
			    memcmp(buf, expected, SIZE))
				break;
			keep_counts(out, connections, ++requests, failed);
		}
		close(fd);
		failed += i < REQUESTS;
		keep_counts(out, ++connections, requests, failed);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(argv[2]);
	else if (argc == 4 && !strcmp(argv[1], "ask"))
		ask(argv[2], argv[3]);
	else
		return 2;
	return 0;
}
