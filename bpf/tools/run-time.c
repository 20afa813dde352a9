// SPDX-License-Identifier: GPL-2.0
/*
 * Has the kernel measure the run time of BPF programs, and prints it, for as long as
 * somebody is there to read it.
 *
 *   run-time SECONDS NAME...
 *
 * A native program, for root. The kernel measures while a descriptor is open (since
 * Linux 5.8): it stops with this process, however that ends. What others have switched
 * on is left alone. Every SECONDS, 20 at most, standard output gets
 *
 *   program NAME TAG ID RUNS NANOSECONDS
 *             of each loaded program whose name, 15 characters of it, is one of NAMEs
 *   at MICROSECONDS
 *             of a clock that nobody sets
 *
 * It ends with standard input, and when it hears nothing there for 20 s.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>

#define QUIET_MS 20000

static long long now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static bool is_wanted(const char *name, char **names)
{
	for (; *names; names++)
		if (strncmp(name, *names, BPF_OBJ_NAME_LEN - 1) == 0)
			return true;
	return false;
}

static void print_program(unsigned int id, char **names)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	unsigned int i;

	if (fd < 0)
		return; /* it is gone */
	if (!bpf_obj_get_info_by_fd(fd, &info, &length) && is_wanted(info.name, names)) {
		printf("program %s ", info.name);
		for (i = 0; i < sizeof(info.tag); i++)
			printf("%02x", info.tag[i]);
		printf(" %u %llu %llu\n", id, info.run_cnt, info.run_time_ns);
	}
	close(fd);
}

static bool print_all(char **names)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		print_program(id, names);
	printf("at %lld\n", now_us());
	return fflush(stdout) == 0;
}

/* Waits, and returns whether somebody is still there. */
static bool wait_until(long long end, long long *heard)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char words[512];

	for (;;) {
		long long now = now_us();

		if (now - *heard > QUIET_MS * 1000LL)
			return false;
		if (now >= end)
			return true;
		if (poll(&input, 1, (end - now) / 1000 + 1) > 0) {
			if (read(STDIN_FILENO, words, sizeof(words)) <= 0)
				return false;
			*heard = now_us();
		}
	}
}

int main(int argc, char **argv)
{
	long long heard = now_us(), next = heard;
	int seconds;

	if (argc < 3)
		return 2;
	seconds = atoi(argv[1]);
	if (seconds < 1 || seconds > 20)
		return 2;
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0) {
		fprintf(stderr, "the kernel measures no run time: %s\n", strerror(errno));
		return 1;
	}
	do {
		if (!print_all(argv + 2))
			return 1;
		next += seconds * 1000000LL;
	} while (wait_until(next, &heard));
	return 0;
}
