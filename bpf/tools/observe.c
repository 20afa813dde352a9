// SPDX-License-Identifier: GPL-2.0
/*
 * Has observer.bpf.c trace the host for some seconds, then prints what it saw.
 *
 *   observe SECONDS OBJECT [CGROUP]
 *
 * A native program, for root. Nothing is pinned: programs and maps go with this
 * process, however it ends. Prints a line of each kind, then one a record:
 *
 *   programs NAME…     those that could be attached
 *   lost COUNT COUNT   calls on sockets there was no room for: in CGROUP or below, others
 *   INODE TGID WITHIN SENDS SENT RECEIVES RECEIVED NAME [USE=COUNT…]
 *
 * WITHIN is 1 of a process in CGROUP or below it, and of all without one. Bytes for SENT
 * and RECEIVED; the name of the process in hexadecimal, "-" for none.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* As in observer.bpf.c. */
static const char *const uses[] = {
	"waitall",  "trunc",	"oob", "peek",	   "threads", "splice",	 "sendfile",
	"fionread", "rcvlowat", "inq", "peek-off", "ulp",     "zerocopy"};
#define USES (sizeof(uses) / sizeof(*uses))

struct key {
	__u64 inode;
	__u64 tgid;
};

struct seen {
	__u64 uses[USES];
	__u64 sends;
	__u64 sent;
	__u64 receives;
	__u64 received;
	__u64 within;
	char name[16];
};

/* Since 6.3: 6e6eda44b939 ("sock: add tracepoint for send recv length"). */
static bool has_lengths(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = btf && btf__find_by_name_kind(btf, "btf_trace_sock_recv_length",
						 BTF_KIND_TYPEDEF) > 0;

	btf__free(btf);
	return has;
}

static void set_constants(struct bpf_object *object, __u32 by_calls)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		/* Its one constant that is volatile comes to lie beside the empty record.
		 */
		if (by_calls && strstr(bpf_map__name(map), ".rodata.calls"))
			bpf_map__set_initial_value(map, &by_calls, sizeof(by_calls));
	}
}

static void print_lost(const struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");
	__u64 counts[3] = {0};
	__u32 zero = 0;

	if (map && bpf_map__value_size(map) == sizeof(counts))
		bpf_map_lookup_elem(bpf_map__fd(map), &zero, &counts);
	printf("lost %llu %llu\n", counts[0], counts[1]);
}

static void print_seen(const struct key *key, const struct seen *seen)
{
	size_t i;

	printf("%llu %llu %llu %llu %llu %llu %llu ", key->inode, key->tgid, seen->within,
	       seen->sends, seen->sent, seen->receives, seen->received);
	for (i = 0; i < sizeof(seen->name) && seen->name[i]; i++)
		printf("%02x", (unsigned char)seen->name[i]);
	if (!i)
		putchar('-');
	for (i = 0; i < USES; i++) {
		if (seen->uses[i])
			printf(" %s=%llu", uses[i], seen->uses[i]);
	}
	putchar('\n');
}

static int print_all(const struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "observed");
	struct key key, *last = NULL;
	struct seen seen;

	if (!map || bpf_map__value_size(map) != sizeof(seen))
		return 1;
	while (!bpf_map_get_next_key(bpf_map__fd(map), last, &key)) {
		if (!bpf_map_lookup_elem(bpf_map__fd(map), &key, &seen))
			print_seen(&key, &seen);
		last = &key;
	}
	return 0;
}

static int ask_about(const struct bpf_object *object, const char *cgroup)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "asked_about");
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u32 zero = 0;

	if (fd < 0 || !map || bpf_map_update_elem(bpf_map__fd(map), &zero, &fd, 0)) {
		perror(cgroup);
		return 1;
	}
	return close(fd);
}

int main(int argc, char **argv)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct bpf_program *program;
	struct bpf_object *object;
	bool knows_lengths = has_lengths();
	struct timespec time = {0};

	if (argc != 3 && argc != 4)
		return 2;
	/* Kernels before 5.11 count maps as locked memory. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	object = bpf_object__open_file(argv[2], NULL);
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object)
	{
		if (!strncmp(bpf_program__section_name(program), "tp_btf/", 7))
			bpf_program__set_autoload(program, knows_lengths);
	}
	set_constants(object, !knows_lengths);
	if (bpf_object__load(object) || (argc == 4 && ask_about(object, argv[3])))
		return 1;
	printf("programs");
	bpf_object__for_each_program(program, object)
	{
		if (!bpf_program__autoload(program))
			continue;
		if (!bpf_program__attach(program))
			return 1;
		printf(" %s", bpf_program__name(program));
	}
	putchar('\n');
	time.tv_sec = atol(argv[1]);
	nanosleep(&time, NULL);
	print_lost(object);
	return print_all(object) || fflush(stdout) ? 1 : 0;
}
