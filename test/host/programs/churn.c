// SPDX-License-Identifier: GPL-2.0
/*
 * Short connections, one after the other, with both ends in this process.
 *
 *   churn CONNECTIONS WORKERS [HELD [MESSAGES [LATER]]]
 *
 * On each, so many messages (1) go each way, LATER in the second half, and
 * every byte is checked. Then they end
 * in turn: reset by the client, reset by the server after a half close, or, now
 * and then, closed by both. Client addresses are spread over 127.0.0.0/8, so
 * that neither ports nor room for TIME_WAIT run out. A worker keeps HELD
 * connections open (0 unless told), and ends them in the order they came.
 */
#include "net.h"
#include <pthread.h>

#define MAX_MESSAGE 1024

/* One of so many is closed by both ends, and leaves a TIME_WAIT. */
#define ORDERLY 64

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

struct worker {
	pthread_t thread;
	unsigned int index;
	uint64_t connections, wrong, failed;
};

static unsigned long held, messages = 1, later;

static uint32_t client_address(unsigned int worker, uint64_t n)
{
	return 127u << 24 | (worker + 1) << 16 | (n / 250 % 250 + 1) << 8 | (n % 250 + 1);
}

static int connect_from(uint32_t address, const struct sockaddr_storage *to,
			socklen_t len)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(address)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (void *)&in, sizeof(in)) || connect(fd, (void *)to, len))
		die("connect");
	return fd;
}

static bool carry(struct worker *w, int from, int to, uint64_t stream)
{
	char sent[MAX_MESSAGE], got[MAX_MESSAGE];
	size_t len = 1 + stream_word(stream, 0) % MAX_MESSAGE, at = 0;

	stream_fill(stream, 0, sent, len);
	if (!write_all(from, sent, len))
		return false;
	while (at < len) {
		ssize_t n = recv(to, got + at, len - at, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return false;
		at += n;
	}
	if (stream_check(stream, 0, got, len) >= 0)
		w->wrong++;
	return true;
}

static void reset(int fd)
{
	struct linger now_or_never = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now_or_never, sizeof(now_or_never));
	close(fd);
}

static void end(struct worker *w, const int fd[2], uint64_t n)
{
	char byte;

	if (n % ORDERLY == 0) {
		close(fd[0]);
		if (recv(fd[1], &byte, 1, 0) != 0)
			w->failed++;
		close(fd[1]);
	} else if (n % 2) {
		reset(fd[0]);
		if (recv(fd[1], &byte, 1, 0) >= 0)
			w->failed++;
		close(fd[1]);
	} else {
		shutdown(fd[0], SHUT_WR);
		if (recv(fd[1], &byte, 1, 0) != 0)
			w->failed++;
		reset(fd[1]);
		close(fd[0]);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	int(*open)[2] = calloc(held + 1, sizeof(*open));
	struct sockaddr_storage ss;
	uint64_t n, ended = 0;
	socklen_t len;
	int l = listener(IPV4, &ss, &len);

	for (n = 0; n < w->connections; n++) {
		uint64_t stream = ((uint64_t)w->index << 40 | n) << 8;
		int *fd = open[n % (held + 1)];

		fd[0] = connect_from(client_address(w->index, n), &ss, len);
		fd[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
		if (fd[1] < 0)
			die("accept");
		unsigned long count = n < w->connections / 2 ? messages : later;

		for (unsigned long i = 0; i < count; i++, stream += 2)
			if (!carry(w, fd[0], fd[1], stream) ||
			    !carry(w, fd[1], fd[0], stream + 1))
				w->failed++;
		if (n >= held) {
			end(w, open[ended % (held + 1)], ended);
			ended++;
		}
	}
	for (; ended < n; ended++)
		end(w, open[ended % (held + 1)], ended);
	close(l);
	free(open);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t connections, wrong = 0, failed = 0;
	struct worker *workers;
	double start = now();
	unsigned int n;

	if (argc < 3) {
		fprintf(stderr, "churn CONNECTIONS WORKERS [HELD [MESSAGES [LATER]]]\n");
		return 2;
	}
	connections = strtoull(argv[1], NULL, 10);
	n = atoi(argv[2]);
	held = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	messages = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
	later = argc > 5 ? strtoul(argv[5], NULL, 10) : messages;
	workers = calloc(n, sizeof(*workers));
	for (unsigned int i = 0; i < n; i++) {
		workers[i].index = i;
		workers[i].connections = connections / n + (i < connections % n);
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (unsigned int i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		wrong += workers[i].wrong;
		failed += workers[i].failed;
	}
	printf("{\"connections\": %lu, \"wrong\": %lu, \"failed\": %lu, \"seconds\": "
	       "%.1f}\n",
	       connections, wrong, failed, now() - start);
	return wrong || failed;
}
