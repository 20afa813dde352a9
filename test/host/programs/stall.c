// SPDX-License-Identifier: GPL-2.0
/*
 * A reader that stops reading: is what the kernel holds bounded?
 *
 *   stall FAMILY MESSAGE_BYTES [LIMIT_MEGABYTES]
 *
 * The sender writes until it blocks, or until LIMIT have been taken from it
 * (it then counts as unbounded). Afterwards the reader reads everything and
 * checks it. Reports the bytes taken and how TCP's memory grew.
 */
#include "net.h"
#include <pthread.h>

static uint64_t limit, sent;
static int fd[2], failed;
static size_t size;
static volatile double last;

/* Kilobytes TCP's sockets hold, payload only: the whole machine's. */
static long tcp_kb(void)
{
	FILE *f = fopen("/proc/net/sockstat", "r");
	char line[128];
	long pages = 0;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "TCP: inuse %*d orphan %*d tw %*d alloc %*d mem %ld",
		       &pages);
	fclose(f);
	return pages * 4;
}

static void *flood(void *unused)
{
	char *buf = malloc(size);

	while (sent < limit) {
		stream_fill(1, sent, buf, size);
		if (!write_all(fd[0], buf, size)) {
			failed = errno;
			break;
		}
		sent += size;
		last = now();
	}
	shutdown(fd[0], SHUT_WR);
	return unused;
}

int main(int argc, char **argv)
{
	uint64_t got = 0, taken;
	long before, grown;
	bool wrong = false, ok;
	pthread_t thread;
	char *buf = malloc(1 << 20);
	ssize_t n;

	if (argc < 3) {
		fprintf(stderr, "stall FAMILY MESSAGE_BYTES [LIMIT_MEGABYTES]\n");
		return 2;
	}
	size = strtoul(argv[2], NULL, 0);
	limit = (argc > 3 ? strtoul(argv[3], NULL, 0) : 256) << 20;
	connected_pair(parse_family(argv[1]), fd);
	/* Small messages count one by one. */
	nodelay(fd[0]);
	before = tcp_kb();
	last = now();
	pthread_create(&thread, NULL, flood, NULL);
	while (now() - last < 1 && sent < limit)
		sleep_ms(20);
	taken = sent;
	grown = tcp_kb() - before;

	while ((n = recv(fd[1], buf, 1 << 20, 0)) > 0) {
		if (stream_check(1, got, buf, n) >= 0)
			wrong = true;
		got += n;
		/* Let the sender finish: only what it had in flight matters. */
		limit = 0;
	}
	pthread_join(thread, NULL);
	ok = taken <= 16 << 20 && !failed && !wrong && got == sent;
	printf("{\"test\": \"stall\", \"family\": \"%s\", \"messageBytes\": %zu, "
	       "\"takenBytes\": %lu, "
	       "\"tcpKb\": %ld, \"sendError\": \"%s\", \"arrived\": %s, \"ok\": %s}\n",
	       argv[1], size, taken, grown, failed ? strerror(failed) : "",
	       !wrong && got == sent ? "true" : "false", ok ? "true" : "false");
	return !ok;
}
