// SPDX-License-Identifier: GPL-2.0
/*
 * Many connections of every kind, with every byte checked.
 *
 *   stress SECONDS WORKERS [SEED]
 *
 * Each worker makes one connection after the other: IPv4, IPv6 or mapped; one
 * way, request-response or full duplex; messages of 1 byte to 1 MB; blocking
 * and polling readers that peek, wait for all, or stall; ends that close, half
 * close, or reset in the midst of it. Fails on a wrong, lost or surplus byte, on
 * an error that TCP would not have given, and when a connection makes no progress
 * for a minute. A blocking recv() that returns EAGAIN (the kernel's sockmap does
 * that to a thread woken without data) is counted apart.
 */
#include "net.h"
#include <pthread.h>
#include <sys/uio.h>

#define MAX_MESSAGE (1 << 20)
#define HUNG	    60

enum pattern { ONE_WAY, REQUEST_RESPONSE, DUPLEX, PATTERNS };

struct direction {
	int fd;
	uint64_t stream;
	uint64_t total;
	uint64_t seed;
	bool resets;	     /* somebody may cut it off */
	volatile bool quits; /* its own end is about to */
	struct worker *worker;
};

struct worker {
	pthread_t thread;
	uint64_t seed;
	volatile double progress;
	uint64_t connections, bytes, resets;
	bool joined;
	char what[128];
};

static volatile bool stop;
static uint64_t wrong_bytes, short_streams, surprises, spurious, cut_offs;

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static bool one_in(uint64_t *seed, int n)
{
	return next(seed) % n == 0;
}

/* As many small ones as large ones. */
static size_t message_size(uint64_t *seed)
{
	size_t top = 1ul << (next(seed) % 21);

	return 1 + next(seed) % top;
}

#define complain(counter, w, ...)                                                        \
	do {                                                                             \
		__atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);                       \
		fprintf(stderr, "%s: ", (w)->what);                                      \
		fprintf(stderr, __VA_ARGS__);                                            \
		fputc('\n', stderr);                                                     \
	} while (0)

static bool cut_off(struct direction *d)
{
	if (!d->resets || (errno != ECONNRESET && errno != EPIPE))
		return false;
	__atomic_add_fetch(&cut_offs, 1, __ATOMIC_RELAXED);
	return true;
}

/* The signal that makes a thread quit; a sockmap's recv() has EAGAIN for it. */
static bool interrupted(struct direction *d)
{
	return d->quits && (errno == EINTR || errno == EAGAIN);
}

static void arrived(struct worker *w, size_t len)
{
	__atomic_add_fetch(&w->bytes, len, __ATOMIC_RELAXED);
}

static bool wait_for(int fd, short events)
{
	return poll(&(struct pollfd){fd, events}, 1, 1000) >= 0;
}

static void *writer(void *arg)
{
	struct direction *d = arg;
	char *buf = malloc(MAX_MESSAGE);
	uint64_t done = 0;
	bool nonblocking = one_in(&d->seed, 3);

	while (done < d->total) {
		size_t len = message_size(&d->seed), at = 0;

		if (len > d->total - done)
			len = d->total - done;
		stream_fill(d->stream, done, buf, len);
		while (at < len && !d->quits) {
			int flags = MSG_NOSIGNAL | (nonblocking ? MSG_DONTWAIT : 0);
			struct iovec iov[2] = {
				{buf + at, (len - at) / 2},
				{buf + at + (len - at) / 2, len - at - (len - at) / 2}};
			struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
			ssize_t n = sendmsg(d->fd, &msg, flags);

			d->worker->progress = now();
			if (n < 0 && interrupted(d))
				goto out;
			if (n < 0 && errno == EAGAIN && nonblocking) {
				wait_for(d->fd, POLLOUT);
				continue;
			}
			if (n < 0) {
				if (!cut_off(d))
					complain(surprises, d->worker, "send: %s",
						 strerror(errno));
				goto out;
			}
			at += n;
		}
		if (d->quits)
			goto out;
		done += len;
		if (one_in(&d->seed, 4000))
			sleep_ms(next(&d->seed) % 20);
	}
	shutdown(d->fd, SHUT_WR);
out:
	free(buf);
	return NULL;
}

static void *reader(void *arg)
{
	struct direction *d = arg;
	char *buf = malloc(MAX_MESSAGE);
	bool nonblocking = one_in(&d->seed, 3), eof = false;
	uint64_t done = 0;

	while (!eof && !d->quits) {
		size_t len = message_size(&d->seed) + (one_in(&d->seed, 2) ? 65536 : 0);
		int flags = 0;
		ssize_t n;

		if (len > MAX_MESSAGE)
			len = MAX_MESSAGE;
		if (nonblocking)
			flags |= MSG_DONTWAIT;
		else if (one_in(&d->seed, 8))
			flags |= MSG_WAITALL;
		else if (one_in(&d->seed, 50))
			flags |= MSG_PEEK;
		if (one_in(&d->seed, 2000))
			sleep_ms(next(&d->seed) % 50);
		if (one_in(&d->seed, 50000))
			sleep_ms(1000);
		n = recv(d->fd, buf, len, flags);
		d->worker->progress = now();
		if (n < 0 && interrupted(d))
			goto out;
		if (n < 0 && errno == EAGAIN && nonblocking) {
			wait_for(d->fd, POLLIN);
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			__atomic_add_fetch(&spurious, 1, __ATOMIC_RELAXED);
			continue;
		}
		if (n < 0) {
			if (!cut_off(d))
				complain(surprises, d->worker, "recv: %s",
					 strerror(errno));
			goto out;
		}
		eof = n == 0;
		if (stream_check(d->stream, done, buf, n) >= 0) {
			complain(wrong_bytes, d->worker, "wrong byte at %lu of %lu",
				 done + stream_check(d->stream, done, buf, n), d->total);
			goto out;
		}
		if (!(flags & MSG_PEEK))
			done += n;
	}
	if (done != d->total && !d->resets)
		complain(short_streams, d->worker, "%lu of %lu bytes", done, d->total);
out:
	arrived(d->worker, done);
	free(buf);
	return NULL;
}

/* Both return how much of it was done; errno is 0 at the end of the stream. */
static size_t send_all(struct direction *d, const char *buf, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = send(d->fd, buf + at, len - at, MSG_NOSIGNAL);

		if (n < 0)
			break;
		at += n;
	}
	return at;
}

static size_t recv_all(struct direction *d, char *buf, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = recv(d->fd, buf + at, len - at, 0);

		if (n < 0 && errno == EAGAIN && !d->quits) {
			__atomic_add_fetch(&spurious, 1, __ATOMIC_RELAXED);
			errno = 0;
			continue;
		}
		if (n <= 0)
			break;
		at += n;
	}
	return at;
}

/* Both ends draw the same sizes from the same seed. */
static void *echo(void *arg)
{
	struct direction *d = arg;
	char *buf = malloc(MAX_MESSAGE);
	uint64_t seed = d->seed, sent = 0, got = 0;
	bool asks = d->stream & 1;

	while (sent < d->total) {
		size_t len[2] = {message_size(&seed), message_size(&seed)};

		for (int i = 0; i < 2 && !d->quits; i++) {
			bool sending = asks == (i == 0);
			size_t n;

			errno = 0;
			if (sending) {
				stream_fill(d->stream, sent, buf, len[i]);
				n = send_all(d, buf, len[i]);
				sent += n;
			} else {
				n = recv_all(d, buf, len[i]);
				/* Also of what was cut off. */
				if (stream_check(d->stream ^ 1, got, buf, n) >= 0) {
					complain(wrong_bytes, d->worker,
						 "wrong byte in %s",
						 asks ? "response" : "request");
					goto out;
				}
				got += n;
				arrived(d->worker, n);
			}
			d->worker->progress = now();
			if (n < len[i]) {
				if (!interrupted(d) && !cut_off(d) && (errno || asks))
					complain(surprises, d->worker, "%s: %s",
						 sending ? "send" : "recv",
						 strerror(errno));
				goto out;
			}
		}
		if (d->quits)
			goto out;
		/* The two totals differ: the asking end decides. */
		if (!asks)
			d->total = UINT64_MAX;
	}
out:
	if (!d->quits)
		shutdown(d->fd, SHUT_RDWR);
	free(buf);
	return NULL;
}

static void swap(int fd[2])
{
	int tmp = fd[0];

	fd[0] = fd[1];
	fd[1] = tmp;
}

static void nothing(int sig)
{
	(void)sig;
}

static void quit(struct direction *d, pthread_t thread)
{
	d->quits = true;
	/* Again, as a signal may come before the call that it is to interrupt. */
	do {
		pthread_kill(thread, SIGUSR1);
		sleep_ms(1);
	} while (pthread_tryjoin_np(thread, NULL));
}

/* Nobody but the peer may be using the connection: the kernel waits for others. */
static void reset(struct worker *w, int fd)
{
	struct linger at_once = {.l_onoff = 1};
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	if (info.tcpi_state == TCP_ESTABLISHED)
		w->resets++;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

/* Threads in turn: writer and reader of end 0 to end 1, then of 1 to 0. */
static int end_of(int thread)
{
	return (thread & 1) ^ (thread >> 1);
}

static void connection(struct worker *w)
{
	enum family family = next(&w->seed) % 3;
	enum pattern pattern = next(&w->seed) % PATTERNS;
	uint64_t total = 1ul << (next(&w->seed) % 27), id = next(&w->seed) & ~1ul;
	bool resets = one_in(&w->seed, 8), small = one_in(&w->seed, 3);
	struct direction d[4];
	pthread_t thread[4];
	int fd[2], threads = pattern == DUPLEX ? 4 : 2, victim = -1;

	if (small)
		total = next(&w->seed) % 4096;
	snprintf(w->what, sizeof(w->what), "%s %s %lu bytes%s", family_name[family],
		 pattern == ONE_WAY  ? "one way"
		 : pattern == DUPLEX ? "duplex"
				     : "request-response",
		 total, resets ? " reset" : "");
	connected_pair(family, fd);
	if (one_in(&w->seed, 2))
		nodelay(fd[0]);
	if (one_in(&w->seed, 2))
		nodelay(fd[1]);
	for (int i = 0; i < threads; i++) {
		d[i] = (struct direction){
			.fd = fd[end_of(i)],
			.stream = id | (pattern == REQUEST_RESPONSE ? !(i & 1) : i >> 1),
			.total = total,
			.seed = pattern == REQUEST_RESPONSE ? id | 1 : next(&w->seed) | 1,
			.resets = resets,
			.worker = w,
		};
		pthread_create(&thread[i], NULL,
			       pattern == REQUEST_RESPONSE ? echo
			       : i & 1			   ? reader
							   : writer,
			       &d[i]);
	}
	if (resets) {
		victim = one_in(&w->seed, 2);
		sleep_ms(next(&w->seed) % 30);
		for (int i = 0; i < threads; i++)
			if (end_of(i) == victim)
				quit(&d[i], thread[i]);
		reset(w, fd[victim]);
	}
	for (int i = 0; i < threads; i++)
		if (end_of(i) != victim)
			pthread_join(thread[i], NULL);
	if (resets) {
		close(fd[!victim]);
	} else {
		if (one_in(&w->seed, 2))
			swap(fd);
		close(fd[0]);
		close(fd[1]);
	}
	w->connections++;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!stop) {
		w->progress = now();
		connection(w);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction interrupts = {.sa_handler = nothing};
	uint64_t connections = 0, bytes = 0, resets = 0;
	struct worker *workers;
	double end;
	int n, left;

	if (argc < 3) {
		fprintf(stderr, "stress SECONDS WORKERS [SEED]\n");
		return 2;
	}
	sigaction(SIGUSR1, &interrupts, NULL);
	end = now() + atof(argv[1]);
	n = atoi(argv[2]);
	workers = calloc(n, sizeof(*workers));
	for (int i = 0; i < n; i++) {
		workers[i].seed =
			stream_word(argc > 3 ? atoi(argv[3]) : time(NULL), i) | 1;
		workers[i].progress = now();
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (left = n; left;) {
		sleep_ms(100);
		stop = now() > end;
		for (int i = 0; i < n; i++) {
			if (workers[i].joined)
				continue;
			if (now() - workers[i].progress > HUNG) {
				printf("{\"test\": \"stress\", \"hung\": \"%s\", \"ok\": "
				       "false}\n",
				       workers[i].what);
				return 1;
			}
			if (stop && !pthread_tryjoin_np(workers[i].thread, NULL)) {
				workers[i].joined = true;
				left--;
			}
		}
	}
	for (int i = 0; i < n; i++) {
		connections += workers[i].connections;
		bytes += workers[i].bytes;
		resets += workers[i].resets;
	}
	printf("{\"test\": \"stress\", \"connections\": %lu, \"bytes\": %lu, "
	       "\"resets\": %lu, \"cutOff\": %lu, \"wrongBytes\": %lu, "
	       "\"shortStreams\": %lu, \"unexpectedErrors\": %lu, \"spuriousEagain\": "
	       "%lu, \"ok\": %s}\n",
	       connections, bytes, resets, cut_offs, wrong_bytes, short_streams,
	       surprises, spurious,
	       wrong_bytes || short_streams || surprises ? "false" : "true");
	return wrong_bytes || short_streams || surprises;
}
