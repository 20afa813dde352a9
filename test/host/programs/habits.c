// SPDX-License-Identifier: GPL-2.0
/*
 * Both ends of connections that carry 100 bytes each way, again and again, with the
 * habits of programs that a bypass may not suit:
 *
 *   habits plain|waitall|rcvlowat|fionread|fionread32|uring|threads|mptcp PORT   a server
 *   habits splice PORT ADDRESS PORT                             a proxy, as in Go
 *   habits ask ADDRESS PORT HABIT                               a client of one
 *
 * Over IPv4, a child for each connection. Ends when told to.
 */
#include "net.h"

#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define SIZE 100

static int open_socket(const char *habit)
{
	return socket(AF_INET, SOCK_STREAM, strcmp(habit, "mptcp") ? 0 : IPPROTO_MPTCP);
}

static int dial(const char *ip, const char *port, const char *habit)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	int fd = open_socket(habit);

	inet_pton(AF_INET, ip, &in.sin_addr);
	if (connect(fd, (void *)&in, sizeof(in)))
		die("connect");
	return fd;
}

static void ask(int fd)
{
	char buf[SIZE] = {0};

	while (send(fd, buf, SIZE, 0) == SIZE && recv(fd, buf, SIZE, MSG_WAITALL) == SIZE)
		usleep(500);
}

/* As a program of 32 bits calls: its pointers have no more. */
static void ask_of_32(int fd)
{
#ifdef __x86_64__
	static int *waiting;
	long result;

	if (!waiting)
		waiting = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(54), "b"(fd), "c"(FIONREAD), "d"(waiting)
			 : "memory", "r8", "r9", "r10", "r11");
	if (result)
		die("int 0x80");
#else
	ioctl(fd, FIONREAD, &fd);
#endif
}

/* Reads a message, as the habit is. */
static bool receive(int fd, const char *habit, char *buf)
{
	int waiting = 0;
	ssize_t n;

	if (!strcmp(habit, "waitall"))
		return recv(fd, buf, SIZE, MSG_WAITALL) == SIZE;
	if (!strncmp(habit, "fionread", 8)) {
		struct pollfd readable = {fd, POLLIN, 0};

		poll(&readable, 1, -1);
		if (habit[8])
			ask_of_32(fd);
		else
			ioctl(fd, FIONREAD, &waiting);
	}
	for (int got = 0; got < SIZE; got += n) {
		n = recv(fd, buf + got, SIZE - got, 0);
		if (n <= 0)
			return false;
	}
	return true;
}

static int shared;

static void *reader(void *habit)
{
	char buf[SIZE];

	while (receive(shared, habit, buf) && send(shared, buf, SIZE, 0) == SIZE)
		;
	return NULL;
}

static void serve(int fd, const char *habit)
{
	pthread_t other;
	int all = SIZE;

	shared = fd;
	if (!strcmp(habit, "rcvlowat"))
		setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &all, sizeof(all));
	if (!strcmp(habit, "uring")) {
		static char parameters[120];

		if (syscall(SYS_io_uring_setup, 4, parameters) < 0)
			die("io_uring_setup");
	}
	if (!strcmp(habit, "threads"))
		pthread_create(&other, NULL, reader, (void *)habit);
	reader((void *)habit);
}

/* One direction, by a pipe. */
static void hand_on(int from, int to)
{
	int fds[2];
	ssize_t n;

	if (pipe(fds))
		die("pipe");
	while ((n = splice(from, NULL, fds[1], NULL, 65536, 0)) > 0)
		if (splice(fds[0], NULL, to, NULL, n, 0) != n)
			break;
}

static void relay(int fd, const char *ip, const char *port)
{
	int to = dial(ip, port, "plain");

	if (fork()) {
		hand_on(fd, to);
	} else {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hand_on(to, fd);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	int one = 1, l, fd;

	if (argc == 5 && !strcmp(argv[1], "ask")) {
		ask(dial(argv[2], argv[3], argv[4]));
		return 1;
	}
	if (argc != 3 && argc != 5)
		return 2;
	signal(SIGCHLD, SIG_IGN);
	in.sin_port = htons(atoi(argv[2]));
	l = open_socket(argv[1]);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (void *)&in, sizeof(in)) || listen(l, 8))
		die("listen");
	while ((fd = accept(l, NULL, NULL)) >= 0) {
		if (fork()) {
			close(fd);
			continue;
		}
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(l);
		if (argc == 5)
			relay(fd, argv[3], argv[4]);
		else
			serve(fd, argv[1]);
		return 0;
	}
	return 0;
}
