// SPDX-License-Identifier: GPL-2.0
/*
 * One stream or request-response run between two processes over loopback.
 *
 *   transfer FAMILY stream|rr BYTES SECONDS [nodelay] [cpus=A,B]
 *
 * Throughput is what the receiver has read, between its own two looks at the
 * clock: a sender's count may run ahead by everything still queued.
 */
#include "net.h"
#include <sys/resource.h>

static size_t bytes;
static double seconds;

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void send_stream(int fd)
{
	char *buf = calloc(1, bytes);
	double end = now() + seconds + 0.3;

	while (now() < end)
		for (int i = 0; i < 16; i++)
			if (!write_all(fd, buf, bytes))
				return;
}

static void receive_stream(int fd)
{
	size_t size = 131072;
	char *buf = malloc(size);
	uint64_t got = 0;
	double start = 0, end = 0, t, cpu = 0;
	ssize_t n;

	/* Leave out the first moments, in which buffers and windows grow. */
	while ((n = recv(fd, buf, size, 0)) > 0) {
		t = now();
		if (!end) {
			end = t + 0.2;
		} else if (!start) {
			if (t >= end) {
				start = t;
				end = t + seconds - 0.2;
				cpu = cpu_seconds();
			}
		} else {
			got += n;
			if (t >= end)
				break;
		}
	}
	t = now();
	printf("{\"bitsPerSecond\": %.0f, \"seconds\": %.3f, \"receiverCpu\": %.3f}\n",
	       got * 8 / (t - start), t - start, (cpu_seconds() - cpu) / (t - start));
}

static void serve(int fd)
{
	char *buf = malloc(bytes);

	errno = 0;
	while (read_all(fd, buf, bytes) && write_all(fd, buf, bytes))
		;
	if (errno)
		die("server");
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void ask(int fd)
{
	char *buf = calloc(1, bytes);
	size_t max = 4 << 20, n = 0;
	float *us = malloc(max * sizeof(*us));
	double start, t, last;

	for (int i = 0; i < (bytes > 65536 ? 2 : 200); i++)
		if (!write_all(fd, buf, bytes) || !read_all(fd, buf, bytes))
			die("warm-up");
	start = last = now();
	do {
		if (!write_all(fd, buf, bytes) || !read_all(fd, buf, bytes))
			die("transaction");
		t = now();
		us[n++] = (t - last) * 1e6;
		last = t;
	} while (n < max && t - start < seconds);
	qsort(us, n, sizeof(*us), by_value);
	printf("{\"transactionsPerSecond\": %.0f, \"meanUs\": %.3f, \"p50Us\": %.3f, "
	       "\"p99Us\": %.3f}\n",
	       n / (t - start), (t - start) * 1e6 / n, us[n / 2], us[n * 99 / 100]);
}

int main(int argc, char **argv)
{
	int fd[2], cpu[2] = {-1, -1};
	enum family family;
	bool stream;
	pid_t child;

	if (argc < 5) {
		fprintf(stderr,
			"transfer FAMILY stream|rr BYTES SECONDS [nodelay] [cpus=A,B]\n");
		return 2;
	}
	family = parse_family(argv[1]);
	stream = !strcmp(argv[2], "stream");
	bytes = strtoul(argv[3], NULL, 0);
	seconds = atof(argv[4]);
	connected_pair(family, fd);
	for (int i = 5; i < argc; i++) {
		if (!strcmp(argv[i], "nodelay")) {
			nodelay(fd[0]);
			nodelay(fd[1]);
		} else if (sscanf(argv[i], "cpus=%d,%d", &cpu[0], &cpu[1]) != 2) {
			fprintf(stderr, "what is %s?\n", argv[i]);
			return 2;
		}
	}

	child = fork();
	if (!child) {
		run_on(cpu[1]);
		close(fd[0]);
		if (stream)
			receive_stream(fd[1]);
		else
			serve(fd[1]);
		fflush(stdout);
		_exit(0);
	}
	run_on(cpu[0]);
	close(fd[1]);
	if (stream)
		send_stream(fd[0]);
	else
		ask(fd[0]);
	close(fd[0]);
	waitpid(child, NULL, 0);
	return 0;
}
