// SPDX-License-Identifier: GPL-2.0
/*
 * Takes what a compiler writes and reads out of its hands, if it can.
 *
 *   steal SOURCE
 *
 * Waits for a process that compiles SOURCE (a word of its command line ends so), tries to
 * get its standard output by pidfd_getfd(2), and to read its sources: SOURCE as it is
 * called, and below the process' working directory. Prints one line for each attempt,
 * "output: " or "source: " and "taken" or the error. When the process is gone, "STOLEN"
 * is written over what was taken, and it ends.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STOLEN "STOLEN"

/* The word of the command line that names the source, or NULL. */
static const char *compiles(const char *pid, const char *source)
{
	static char words[1 << 16];
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return NULL;
	length = read(fd, words, sizeof(words) - 1);
	close(fd);
	if (length <= 0)
		return NULL;
	words[length] = 0;
	if (strncmp(words, "clang", 5) && !strstr(words, "/clang"))
		return NULL;
	for (char *word = words; word < words + length; word += strlen(word) + 1) {
		size_t size = strlen(word), end = strlen(source);

		if (size >= end && !strcmp(word + size - end, source))
			return word;
	}
	return NULL;
}

static void tell(const char *what, int fd)
{
	printf("%s: %s\n", what, fd < 0 ? strerror(errno) : "taken");
}

static void read_source(const char *path)
{
	int fd = open(path, O_RDONLY);

	tell("source", fd);
	if (fd >= 0)
		close(fd);
}

static void attack(const char *pid, const char *word)
{
	int process = syscall(SYS_pidfd_open, atoi(pid), 0);
	int taken = syscall(SYS_pidfd_getfd, process, 1, 0);
	char path[1 << 12];

	tell("output", taken);
	snprintf(path, sizeof(path), "/proc/%s/cwd/%s", pid, word);
	read_source(word[0] == '/' ? word : path);
	fflush(stdout);
	while (!syscall(SYS_pidfd_send_signal, process, 0, NULL, 0) || errno == EPERM)
		usleep(1000);
	if (taken >= 0 && pwrite(taken, STOLEN, strlen(STOLEN), 0) < 0)
		perror("pwrite");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	puts("waiting");
	fflush(stdout);
	for (;;) {
		DIR *processes = opendir("/proc");
		struct dirent *each;

		while ((each = readdir(processes))) {
			const char *word;

			if (!isdigit(each->d_name[0]) || atoi(each->d_name) == getpid())
				continue;
			word = compiles(each->d_name, argv[1]);
			if (!word)
				continue;
			attack(each->d_name, word);
			return 0;
		}
		closedir(processes);
		usleep(500);
	}
}
