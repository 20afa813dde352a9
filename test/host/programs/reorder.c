// SPDX-License-Identifier: GPL-2.0
/*
 * Do bytes keep their order while a connection comes up?
 *
 *   reorder FAMILY CONNECTIONS [MESSAGES]
 *
 * Each connection sends a burst of one-byte messages, 8 unless told, the moment
 * connect() returns. Fails when any arrives out of turn. Receive packet steering on lo
 * lets the two ends come up on different CPUs, which makes the fault show.
 */
#include "net.h"
#include <pthread.h>

#define BURST 8

static int burst = BURST, connections, wrong, broken, done;
static struct sockaddr_storage addr;
static socklen_t addrlen;
static int listen_fd;

static void *reader(void *unused)
{
	for (; done < connections; done++) {
		struct timeval patience = {.tv_sec = 5};
		unsigned char got[BURST];
		int fd = accept(listen_fd, NULL, NULL);

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (!read_all(fd, got, burst)) {
			broken++;
		} else {
			for (int i = 0; i < burst; i++) {
				if (got[i] != i) {
					wrong++;
					break;
				}
			}
		}
		close(fd);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "reorder FAMILY CONNECTIONS [MESSAGES]\n");
		return 2;
	}
	connections = atoi(argv[2]);
	if (argc == 4)
		burst = atoi(argv[3]) < BURST ? atoi(argv[3]) : BURST;
	listen_fd = listener(parse_family(argv[1]), &addr, &addrlen);
	pthread_create(&thread, NULL, reader, NULL);
	for (int n = 0; n < connections; n++) {
		int fd = socket(addr.ss_family, SOCK_STREAM, 0);
		char end;

		if (fd < 0 || connect(fd, (void *)&addr, addrlen))
			die("connect");
		nodelay(fd);
		for (unsigned char i = 0; i < burst; i++)
			if (send(fd, &i, 1, MSG_NOSIGNAL) != 1)
				die("send");
		recv(fd, &end, 1, 0);
		close(fd);
	}
	pthread_join(thread, NULL);
	printf("{\"test\": \"reorder\", \"family\": \"%s\", \"connections\": %d, "
	       "\"wrongOrder\": %d, \"broken\": %d, \"ok\": %s}\n",
	       argv[1], connections, wrong, broken, wrong || broken ? "false" : "true");
	return wrong || broken;
}
