// SPDX-License-Identifier: GPL-2.0
/*
 * One run between two processes: a stream, requests on one connection, a new
 * connection for each request, or SECONDS connections at once, each for one request
 * and then until standard input ends.
 *
 *   transfer FAMILY stream|rr|crr|hold BYTES SECONDS [nodelay] [cpus=A,B] [server=NETNS]
 *            [client=NETNS] [at=IP] [port=PORT] [to=IP:PORT] [cgroup=DIR]
 *
 * Over loopback, unless a server (IPv4) listens on another address. NETNS is a file,
 * such as /proc/PID/ns/net, "to" an address that is translated to the server's, DIR
 * a cgroup for the server alone.
 *
 * Throughput is what the receiver has read, between its own two looks at the
 * clock: a sender's count may run ahead by everything still queued.
 */
#include "net.h"
#include <sys/prctl.h>
#include <sys/resource.h>

enum mode { STREAM, RR, CRR, HOLD };

static size_t bytes;
static double seconds;

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
	uint64_t got = 0, all = 0;
	double start = 0, end = 0, t;
	ssize_t n;

	/* Leave out the first moments, in which buffers and windows grow. */
	while ((n = recv(fd, buf, size, 0)) > 0) {
		t = now();
		all += n;
		if (!end) {
			end = t + 0.2;
		} else if (!start) {
			if (t >= end) {
				start = t;
				end = t + seconds - 0.2;
			}
		} else {
			got += n;
			if (t >= end)
				break;
		}
	}
	t = now();
	printf("{\"bitsPerSecond\": %.0f, \"bytes\": %lu}\n", got * 8 / (t - start), all);
}

static int connect_to(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const void *)to, sizeof(*to)))
		die("connect");
	return fd;
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
	printf("{\"transactionsPerSecond\": %.0f, \"transactions\": %zu, \"meanUs\": "
	       "%.3f, "
	       "\"p50Us\": %.3f, \"p99Us\": %.3f}\n",
	       n / (t - start), n, (t - start) * 1e6 / n, us[n / 2], us[n * 99 / 100]);
}

static void serve_each(int l)
{
	char *buf = malloc(bytes);
	int fd;

	while ((fd = accept(l, NULL, NULL)) >= 0) {
		/* Until the client closes: it is the one whose port waits. */
		while (read_all(fd, buf, bytes) && write_all(fd, buf, bytes))
			;
		close(fd);
	}
}

static void ask_each(const struct sockaddr_in *to)
{
	char *buf = calloc(1, bytes);
	double start = now(), t;
	size_t n = 0;

	do {
		int fd = connect_to(to);

		if (!write_all(fd, buf, bytes) || !read_all(fd, buf, bytes))
			die("transaction");
		close(fd);
		n++;
		t = now();
	} while (t - start < seconds);
	printf("{\"transactionsPerSecond\": %.0f, \"transactions\": %zu}\n",
	       n / (t - start), n);
}

static void serve_and_hold(int l)
{
	char *buf = malloc(bytes);
	int fd;

	while ((fd = accept(l, NULL, NULL)) >= 0)
		if (!read_all(fd, buf, bytes) || !write_all(fd, buf, bytes))
			die("server");
	die("accept");
}

static void ask_and_hold(const struct sockaddr_in *to)
{
	char *buf = calloc(1, bytes);
	double start = now();
	size_t count = seconds;

	for (size_t n = 0; n < count; n++) {
		int fd = connect_to(to);

		if (!write_all(fd, buf, bytes) || !read_all(fd, buf, bytes))
			die("transaction");
	}
	printf("{\"connections\": %zu, \"seconds\": %.3f}\n", count, now() - start);
	fflush(stdout);
	while (read(0, buf, 1) > 0)
		;
}

/* Each end holds as many as one process may have files. */
static void allow_files(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void enter_netns(const char *file)
{
	int fd;

	if (!file)
		return;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s", file);
	close(fd);
}

static void enter_cgroup(const char *directory)
{
	char file[4096];
	int fd;

	if (!directory)
		return;
	snprintf(file, sizeof(file), "%s/cgroup.procs", directory);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die("%s", file);
	close(fd);
}

static void listen_and_serve(const char *address, int port, enum mode mode, bool no_delay,
			     int told)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd, one = 1, l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(in);

	inet_pton(AF_INET, address, &in.sin_addr);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (l < 0 || bind(l, (void *)&in, len) || listen(l, 1024) ||
	    getsockname(l, (void *)&in, &len) || write(told, &in, len) != len)
		die("listen on %s", address);
	if (mode == CRR)
		serve_each(l);
	if (mode == HOLD)
		serve_and_hold(l);
	fd = accept(l, NULL, NULL);
	if (fd < 0)
		die("accept");
	if (no_delay)
		nodelay(fd);
	if (mode == STREAM)
		receive_stream(fd);
	else
		serve(fd);
}

static const char *value_of(const char *word, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(word, name, len) && word[len] == '=' ? word + len + 1 : NULL;
}

int main(int argc, char **argv)
{
	const char *server = NULL, *client = NULL, *at = "127.0.0.1", *cgroup = NULL;
	bool no_delay = false, apart;
	int fd[2] = {-1, -1}, told[2], cpu[2] = {-1, -1}, port = 0, to_port;
	struct sockaddr_in address, to = {};
	enum family family;
	enum mode mode;
	char ip[16];
	pid_t child;

	if (argc < 5) {
		fprintf(stderr,
			"transfer FAMILY stream|rr|crr|hold BYTES SECONDS [OPTION]...\n");
		return 2;
	}
	family = parse_family(argv[1]);
	mode = !strcmp(argv[2], "stream") ? STREAM
	       : !strcmp(argv[2], "crr")  ? CRR
	       : !strcmp(argv[2], "hold") ? HOLD
					  : RR;
	bytes = strtoul(argv[3], NULL, 0);
	seconds = atof(argv[4]);
	for (int i = 5; i < argc; i++) {
		const char *word = argv[i], *value;

		if (!strcmp(word, "nodelay")) {
			no_delay = true;
		} else if ((value = value_of(word, "server"))) {
			server = value;
		} else if ((value = value_of(word, "client"))) {
			client = value;
		} else if ((value = value_of(word, "at"))) {
			at = value;
		} else if ((value = value_of(word, "port"))) {
			port = atoi(value);
		} else if ((value = value_of(word, "cgroup"))) {
			cgroup = value;
		} else if (sscanf(word, "to=%15[0-9.]:%d", ip, &to_port) == 2) {
			to.sin_family = AF_INET;
			to.sin_port = htons(to_port);
			inet_pton(AF_INET, ip, &to.sin_addr);
		} else if (sscanf(word, "cpus=%d,%d", &cpu[0], &cpu[1]) != 2) {
			fprintf(stderr, "what is %s?\n", word);
			return 2;
		}
	}
	/* Else in place, as all of these programs are (net.h). */
	apart = server || client || cgroup || port || to.sin_family || mode == CRR ||
		mode == HOLD;
	if (apart && family != IPV4) {
		fprintf(stderr, "two places: ipv4 alone\n");
		return 2;
	}
	if (!apart) {
		connected_pair(family, fd);
		if (no_delay && family != UNIX) {
			nodelay(fd[0]);
			nodelay(fd[1]);
		}
	}
	if (mode == HOLD)
		allow_files();
	if (pipe2(told, O_CLOEXEC))
		die("pipe");

	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_on(cpu[1]);
		close(fd[0]);
		enter_cgroup(cgroup);
		enter_netns(server);
		if (apart)
			listen_and_serve(at, port, mode, no_delay, told[1]);
		else if (mode == STREAM)
			receive_stream(fd[1]);
		else
			serve(fd[1]);
		fflush(stdout);
		_exit(0);
	}
	run_on(cpu[0]);
	close(fd[1]);
	close(told[1]);
	enter_netns(client);
	if (apart) {
		if (read(told[0], &address, sizeof(address)) != sizeof(address))
			return 2;
		if (!to.sin_family)
			to = address;
		if (mode == CRR || mode == HOLD) {
			if (mode == CRR)
				ask_each(&to);
			else
				ask_and_hold(&to);
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
			return 0;
		}
		fd[0] = connect_to(&to);
		if (no_delay)
			nodelay(fd[0]);
	}
	if (mode == STREAM)
		send_stream(fd[0]);
	else
		ask(fd[0]);
	close(fd[0]);
	waitpid(child, NULL, 0);
	return 0;
}
