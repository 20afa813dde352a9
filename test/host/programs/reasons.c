// SPDX-License-Identifier: GPL-2.0
/*
 * One connection that goes from the bypass to TCP for one reason.
 *
 *   reasons
 * early|small|fast|gone|bound|fixed|narrow|polled|tls|inherited|lowat|inq|repair|
 * repaired
 *
 * Or one that does not: "refused", "slow". Every byte that is sent is read and checked.
 * Prints "ok", or "unknown" where the kernel has no TLS.
 */
#include "net.h"
#include <linux/sock_diag.h>
#include <pthread.h>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif

#define SMALL 64
#define BULK  65536

static int fd[2];
static uint64_t sent, got;

static void transmit(size_t len)
{
	static char buf[BULK];

	stream_fill(1, sent, buf, len);
	if (!write_all(fd[0], buf, len))
		die("send");
	sent += len;
}

/* Until all that was sent is here. */
static void receive(void)
{
	static char buf[BULK];

	while (got < sent) {
		ssize_t n = recv(fd[1], buf, sizeof(buf), 0);

		if (n <= 0)
			die("recv");
		if (stream_check(1, got, buf, n) >= 0)
			die("a wrong byte");
		got += n;
	}
}

/* A listener that defers accept() has no socket when the first bytes come. */
static void early(void)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int seconds = 5, l = listener(IPV4, &ss, &len);

	setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd[0], (void *)&ss, len))
		die("connect");
	transmit(SMALL);
	fd[1] = accept(l, NULL, NULL);
	receive();
}

/* A message goes to a reader, which then asks for what the bypass does not give. */
static void asked(int end, int level, int option, int value)
{
	connected_pair(IPV4, fd);
	transmit(SMALL);
	receive();
	if (setsockopt(fd[end], level, option, &value, sizeof(value)))
		die("setsockopt");
}

static void inherited(void)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int lowat = SMALL, l = listener(IPV4, &ss, &len);

	setsockopt(l, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof(lowat));
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd[0], (void *)&ss, len))
		die("connect");
	fd[1] = accept(l, NULL, NULL);
}

/* Bytes below the mark must not make it readable. */
static void lowat(void)
{
	asked(1, SOL_SOCKET, SO_RCVLOWAT, 2 * SMALL);
	transmit(SMALL);
	transmit(SMALL);
	receive();
}

static void inq(void)
{
	asked(1, IPPROTO_TCP, TCP_INQ, 1);
	transmit(SMALL);
	receive();
}

static void under_repair(int end)
{
	int off = -1 /* without a window probe */;
	int queue = TCP_SEND_QUEUE;

	asked(end, IPPROTO_TCP, TCP_REPAIR, 1);
	if (setsockopt(fd[end], IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)))
		die("TCP_REPAIR_QUEUE");
	transmit(SMALL);
	if (setsockopt(fd[end], IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)))
		die("TCP_REPAIR");
}

static void repair(void)
{
	under_repair(1);
	receive();
}

/* Its data is queued, as if it had been sent: the reader gets none of it. */
static void repaired(void)
{
	under_repair(0);
	if (recv(fd[1], (char[1]){0}, 1, MSG_DONTWAIT) >= 0)
		die("data under repair");
}

/* And on, until both ends have had time to leave the map. */
static void small(void)
{
	connected_pair(IPV4, fd);
	for (int i = 0; i < 500; i++) {
		transmit(SMALL);
		receive();
		if (i > 300)
			usleep(2000);
	}
}

/* With TCP_NODELAY, faster than a reader would take them: some of these rows are. */
static void fast(void)
{
	connected_pair(IPV4, fd);
	nodelay(fd[0]);
	for (int row = 0; row < 30; row++) {
		for (int i = 0; i < 300; i++)
			transmit(SMALL);
		receive();
	}
}

static void slow(void)
{
	connected_pair(IPV4, fd);
	nodelay(fd[0]);
	for (int i = 0; i < 600; i++) {
		transmit(SMALL);
		receive();
		usleep(50);
	}
}

static void gone(void)
{
	connected_pair(IPV4, fd);
	transmit(SMALL);
	receive();
	close(fd[1]);
	/* The first is answered with a reset. */
	transmit(SMALL);
}

/* Writes until the reader's queue is full. */
static void fill(void)
{
	static char buf[BULK];
	ssize_t n;

	for (;;) {
		stream_fill(1, sent, buf, BULK);
		n = send(fd[0], buf, BULK, MSG_DONTWAIT);
		if (n < 0)
			break;
		sent += n;
	}
	if (errno != EAGAIN)
		die("send");
}

/* Has all read, and writes on. */
static void go_on(void)
{
	receive();
	/* After a send() that would block the kernel does not ask about the next one. */
	for (int i = 0; i < 2; i++) {
		transmit(BULK);
		receive();
	}
}

static void bound(void)
{
	connected_pair(IPV4, fd);
	fill();
	go_on();
}

/*
 * As there, of a receive buffer that does not grow. If more were redirected TCP would
 * drop what comes then, and its sender wait long for its next attempt.
 */
static void fill_little(void)
{
	uint32_t memory[SK_MEMINFO_VARS];
	socklen_t len = sizeof(memory);

	fill();
	if (getsockopt(fd[1], SOL_SOCKET, SO_MEMINFO, memory, &len))
		die("SO_MEMINFO");
	/* TCP itself goes above it by a packet. */
	if (memory[SK_MEMINFO_RMEM_ALLOC] > 2 * memory[SK_MEMINFO_RCVBUF])
		die("more is queued than the buffer may hold");
	go_on();
}

static void fixed(void)
{
	int bytes = 100000;

	connected_pair(IPV4, fd);
	if (setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)))
		die("SO_RCVBUF");
	fill_little();
}

/* Where net.ipv4.tcp_rmem is small. */
static void narrow(void)
{
	connected_pair(IPV4, fd);
	fill_little();
}

static void *poll_for_the_end(void *unused)
{
	poll(&(struct pollfd){fd[1], 0}, 1, -1);
	return unused;
}

/* Somebody sleeps in poll() on the reader's socket all the time. */
static void polled(void)
{
	pthread_t thread;

	connected_pair(IPV4, fd);
	if (pthread_create(&thread, NULL, poll_for_the_end, NULL))
		die("pthread_create");
	fill();
	go_on();
}

/* Whether the kernel knows this protocol, to put it on top of TCP. */
static bool on_top(const char *protocol)
{
	if (!setsockopt(fd[0], IPPROTO_TCP, TCP_ULP, protocol, strlen(protocol)))
		return true;
	if (errno != ENOENT)
		die("TCP_ULP");
	return false;
}

static void tls(void)
{
	connected_pair(IPV4, fd);
	transmit(SMALL);
	receive();
	if (!on_top("tls")) {
		puts("unknown");
		exit(0);
	}
	/* Without a key it sends plain text. */
	transmit(SMALL);
	receive();
}

static void refused(void)
{
	connected_pair(IPV4, fd);
	transmit(SMALL);
	receive();
	if (on_top("no-such"))
		die("TCP_ULP");
	transmit(SMALL);
	receive();
}

static const struct {
	const char *name;
	void (*run)(void);
} reasons[] = {
	{"early", early},	{"small", small},     {"fast", fast},
	{"slow", slow},		{"gone", gone},	      {"bound", bound},
	{"fixed", fixed},	{"narrow", narrow},   {"polled", polled},
	{"tls", tls},		{"refused", refused}, {"inherited", inherited},
	{"lowat", lowat},	{"inq", inq},	      {"repair", repair},
	{"repaired", repaired},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(argv[1], reasons[i].name))
			continue;
		reasons[i].run();
		puts("ok");
		return 0;
	}
	fprintf(stderr,
		"reasons "
		"early|small|fast|slow|gone|bound|fixed|narrow|polled|tls|refused|"
		"inherited|lowat|inq|"
		"repair|repaired\n");
	return 2;
}
