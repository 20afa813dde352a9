// SPDX-License-Identifier: GPL-2.0
/*
 * A reader that closes with much unread, while its sender waits for room.
 *
 *   abort FAMILY BYTES
 *
 * BYTES is the size of a message. Fails when the sender still waits 20 s later.
 */
#include "net.h"
#include <pthread.h>
#include <stdatomic.h>

static size_t bytes;
static int fd[2];
static atomic_ulong sent;
static atomic_bool ended;

static void *sender(void *unused)
{
	char *buf = calloc(1, bytes);

	while (write_all(fd[0], buf, bytes))
		sent += bytes;
	ended = true;
	return unused;
}

int main(int argc, char **argv)
{
	unsigned long before;
	pthread_t thread;

	if (argc != 3) {
		fprintf(stderr, "abort FAMILY BYTES\n");
		return 2;
	}
	bytes = strtoul(argv[2], NULL, 10);
	connected_pair(parse_family(argv[1]), fd);
	if (pthread_create(&thread, NULL, sender, NULL))
		die("pthread_create");
	do {
		before = sent;
		sleep_ms(300);
	} while (sent != before);
	close(fd[1]);
	for (int i = 0; i < 2000 && !ended; i++)
		sleep_ms(10);
	printf("{\"test\": \"abort\", \"family\": \"%s\", \"bytes\": %zu, \"ended\": %s, "
	       "\"ok\": %s}\n",
	       argv[1], bytes, ended ? "true" : "false", ended ? "true" : "false");
	return !ended;
}
