// SPDX-License-Identifier: GPL-2.0
/*
 * Many readers that stop reading: does a sender notice that TCP's memory ends?
 *
 *   memory FAMILY PAGES
 *
 * PAGES is the pressure mark of net.ipv4.tcp_mem. Makes so many connections that
 * 4 MiB at each come to a quarter more. Each sender writes until it would block; then
 * all is read and checked.
 */
#include "net.h"
#include <sys/resource.h>

#define MESSAGE	       65536
#define AT_EACH_READER (4ul << 20)

struct connection {
	int fd[2];
	uint64_t sent;
};

static void allow_files(rlim_t n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	limit.rlim_cur = n;
	if (limit.rlim_max < n)
		limit.rlim_max = n;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
}

/* The error that stopped it, 0 when it would block. */
static int fill_up(struct connection *c, char *buf)
{
	for (;;) {
		ssize_t n;

		stream_fill(c->fd[0], c->sent, buf, MESSAGE);
		n = send(c->fd[0], buf, MESSAGE, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN ? 0 : errno;
		c->sent += n;
	}
}

static bool drain(struct connection *c, char *buf)
{
	uint64_t got = 0;
	ssize_t n;

	shutdown(c->fd[0], SHUT_WR);
	while ((n = recv(c->fd[1], buf, MESSAGE, 0)) > 0) {
		if (stream_check(c->fd[0], got, buf, n) >= 0)
			return false;
		got += n;
	}
	return !n && got == c->sent;
}

int main(int argc, char **argv)
{
	static char buf[MESSAGE];
	int errors = 0, error = 0, wrong = 0;
	unsigned long total = 0, n;
	struct connection *all;

	if (argc < 3) {
		fprintf(stderr, "memory FAMILY PAGES\n");
		return 2;
	}
	n = strtoul(argv[2], NULL, 10) * sysconf(_SC_PAGESIZE) / AT_EACH_READER * 5 / 4 +
	    1;
	allow_files(2 * n + 64);
	all = calloc(n, sizeof(*all));
	for (unsigned long i = 0; i < n; i++)
		connected_pair(parse_family(argv[1]), all[i].fd);
	for (unsigned long i = 0; i < n; i++) {
		int e = fill_up(&all[i], buf);

		if (e) {
			error = e;
			errors++;
		}
		total += all[i].sent;
	}
	for (unsigned long i = 0; i < n && !errors; i++)
		wrong += !drain(&all[i], buf);
	printf("{\"test\": \"memory\", \"family\": \"%s\", \"connections\": %lu, "
	       "\"takenMb\": %lu, \"sendErrors\": %d, \"sendError\": \"%s\", "
	       "\"wrongStreams\": %d, \"ok\": %s}\n",
	       argv[1], n, total >> 20, errors, error ? strerror(error) : "", wrong,
	       errors || wrong ? "false" : "true");
	return errors || wrong;
}
