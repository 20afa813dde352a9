// SPDX-License-Identifier: GPL-2.0
/*
 * Puts a share of a bypass's new connections on it, and compares them with the others.
 *
 *   canary PINS OBJECT SHARE [same]
 *
 * A native program, for root. It loads OBJECT (canary.bpf.c) beside the bypass that is
 * pinned in PINS, and tells that SHARE, a percentage. With "same" all connections are on
 * TCP, in two groups drawn at random, to see what is found where nothing differs. Once
 * a second it prints a line:
 *
 *   {"seconds": since the start, "share": …,
 *    "cost": {"runs", "nanoseconds"} of our programs in the seconds in which these were
 *            counted, and these "seconds",
 *    "bypass" and "tcp": {the counters of struct counts, "times": for each part
 *                         [bucket, count, bucket, count, …]} since the line before}
 *
 * Where standard input ends, or no line comes there for LOST_SECONDS (an empty one will
 * do), it ends too, and the share is what it was; after a line "keep N" it is N, and
 * stays. Nobody can do so where it is killed: so the share is lent to it for LOST_SECONDS
 * from each line on, after which the bypass takes it back by itself. Nothing of ours is
 * pinned: it goes with the process. Exit status 3 where another canary of this bypass is
 * running, 4 where the bypass was unloaded or switched off, else 0, or 1 for a failure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define BUCKETS 2048
#define PARTS	16
#define GROUPS	2

/* In struct config, which has this many bytes at most. */
#define MODE	    0
#define KEPT_ON_TCP 8
#define MOST_CONFIG 256

/* A mode. */
#define OFF 1

/* Exit statuses. */
#define OCCUPIED 3
#define GONE	 4

#define LOST_SECONDS 20
#define LOST_WORDS   "nothing was heard of the client for 20 s\n"

/* Counting costs: in one second of so many, so that it changes nothing. */
#define COUNTED_EACH 10

struct counts {
	unsigned long long sockets, transactions, sent_bytes, received_bytes, resets,
		eagains, stalls;
};

static unsigned long long times[GROUPS][PARTS][BUCKETS];
static struct counts counts[GROUPS];
static struct {
	unsigned long long runs, nanoseconds;
	int seconds;
} cost;

/* As in sockmap_bypass.bpf.c. */
struct trial {
	unsigned long long until;
	unsigned int kept_after;
	unsigned int pad;
};

static int config = -1, trial = -1;
/* Not set as long as there is nothing to restore. */
static int share_before = -1, share_ours;

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int pinned(const char *pins, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pins, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		fail(path);
	return fd;
}

static void read_config(unsigned char *value)
{
	unsigned int key = 0;

	if (bpf_map_lookup_elem(config, &key, value))
		fail("bypass_config");
}

static unsigned int *kept_in(unsigned char *value)
{
	read_config(value);
	return (void *)(value + KEPT_ON_TCP);
}

static unsigned int share(void)
{
	unsigned char value[MOST_CONFIG] __attribute__((aligned(8)));

	return 100 - *kept_in(value);
}

static void set_share(unsigned int percent)
{
	unsigned char value[MOST_CONFIG] __attribute__((aligned(8)));
	unsigned int key = 0;

	*kept_in(value) = 100 - percent;
	if (bpf_map_update_elem(config, &key, value, BPF_ANY))
		fail("bypass_config");
}

static void set_trial(struct trial value)
{
	unsigned int key = 0;

	if (bpf_map_update_elem(trial, &key, &value, BPF_ANY))
		fail("bypass_trial");
}

/* For as long as the client may be silent. */
static void borrow(void)
{
	struct timespec now;

	alarm(LOST_SECONDS);
	clock_gettime(CLOCK_MONOTONIC, &now);
	set_trial((struct trial){
		.until = (now.tv_sec + LOST_SECONDS) * 1000000000ull + now.tv_nsec,
		.kept_after = 100 - share_before,
	});
}

/* However we end, unless asked not to or somebody else has set it meanwhile. */
static void restore_share(void)
{
	int percent = share_before;

	if (percent < 0)
		return;
	share_before = -1;
	if ((int)share() == share_ours)
		set_share(percent);
	set_trial((struct trial){});
}

/* Also where a line waits for a client that is gone. */
static void lost(int number)
{
	ssize_t written;

	(void)number;
	restore_share();
	written = write(2, LOST_WORDS, strlen(LOST_WORDS));
	(void)written;
	_exit(1);
}

/* Takes the share, also from one before us that was killed. */
static void begin_trial(unsigned int percent)
{
	struct trial left = {};
	unsigned int key = 0;

	if (bpf_map_lookup_elem(trial, &key, &left))
		fail("bypass_trial");
	share_before = left.until ? 100 - left.kept_after : share();
	share_ours = percent;
	atexit(restore_share);
	signal(SIGALRM, lost);
	borrow();
	set_share(percent);
}

static void open_config(const char *pins)
{
	struct bpf_map_info info = {};
	unsigned int length = sizeof(info);
	char path[4096];

	config = pinned(pins, "bypass_config");
	if (bpf_obj_get_info_by_fd(config, &info, &length))
		fail("bypass_config");
	snprintf(path, sizeof(path), "%s/bypass_trial", pins);
	if (info.value_size > MOST_CONFIG || access(path, F_OK)) {
		fprintf(stderr, "these programs know no canary: load them again\n");
		exit(1);
	}
	trial = pinned(pins, "bypass_trial");
}

/* 0 where it is not there. */
static unsigned int id_of(int map)
{
	struct bpf_map_info info = {};
	unsigned int length = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &length) ? 0 : info.id;
}

/* Both groups are on TCP once it is unloaded, loaded anew, or off: they tell nothing. */
static void check_bypass(const char *pins)
{
	unsigned char value[MOST_CONFIG] __attribute__((aligned(8)));
	char path[4096];
	unsigned int id;
	int fd;

	snprintf(path, sizeof(path), "%s/bypass_config", pins);
	fd = bpf_obj_get(path);
	id = id_of(fd);
	close(fd);
	read_config(value);
	if (id == id_of(config) && *(unsigned int *)(value + MODE) != OFF)
		return;
	fprintf(stderr, "the bypass was %s meanwhile\n",
		id == id_of(config) ? "switched off" : "unloaded");
	exit(GONE);
}

static int map_fd(struct bpf_object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

/* Whether a program looks at a map of that id. */
static bool uses(int program, unsigned int map)
{
	struct bpf_prog_info info = {};
	unsigned int length = sizeof(info), maps[64];

	info.nr_map_ids = sizeof(maps) / sizeof(maps[0]);
	info.map_ids = (unsigned long)maps;
	if (bpf_obj_get_info_by_fd(program, &info, &length) ||
	    strncmp(info.name, "canary_", strlen("canary_")))
		return false;
	for (unsigned int i = 0; i < info.nr_map_ids; i++) {
		if (maps[i] == map)
			return true;
	}
	return false;
}

/*
 * One at a time for a bypass, or each would restore the other's share. A canary is there
 * as long as its programs are: no lock is left behind. Of two that begin together it is
 * the one whose programs came first.
 */
static void check_alone(struct bpf_object *object)
{
	struct bpf_map_info groups = {};
	struct bpf_program *program;
	unsigned int length = sizeof(groups), id = 0, first = -1;
	int fd = bpf_object__find_map_fd_by_name(object, "bypass_groups");

	if (bpf_obj_get_info_by_fd(fd, &groups, &length))
		fail("bypass_groups");
	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info info = {};

		length = sizeof(info);
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
			fail(bpf_program__name(program));
		if (info.id < first)
			first = info.id;
	}
	while (!bpf_prog_get_next_id(id, &id) && id < first) {
		bool other;

		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		other = uses(fd, groups.id);
		close(fd);
		if (!other)
			continue;
		fprintf(stderr, "another canary of this bypass is running\n");
		exit(OCCUPIED);
	}
}

/* The programs' own constants. */
struct settings {
	bool same;
	unsigned char kept_on_tcp;
};

static struct bpf_object *load(const char *pins, const char *path,
			       struct settings settings)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	struct bpf_map *map;

	if (!object)
		fail(path);
	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		size_t size;

		if (!strcmp(name, "bypass_groups") &&
		    bpf_map__reuse_fd(map, pinned(pins, name)))
			fail(name);
		if (strstr(name, ".rodata"))
			*(struct settings *)bpf_map__initial_value(map, &size) = settings;
	}
	if (bpf_object__load(object))
		fail("load");
	check_alone(object);
	bpf_object__for_each_program(program, object)
	{
		if (strcmp(bpf_program__name(program), "canary_stalls") &&
		    !bpf_program__attach(program))
			fail(bpf_program__name(program));
	}
	return object;
}

static struct bpf_link *stalls(struct bpf_object *object)
{
	union bpf_iter_link_info info = {.map.map_fd = map_fd(object, "bypass_groups")};
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
		    .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(
		bpf_object__find_program_by_name(object, "canary_stalls"), &options);

	if (!link)
		fail("canary_stalls");
	return link;
}

/* Has the program called for each socket. */
static void look_for_stalls(struct bpf_link *link)
{
	char nothing[64];
	int fd = bpf_iter_create(bpf_link__fd(link));

	if (fd < 0)
		fail("canary_stalls");
	while (read(fd, nothing, sizeof(nothing)) > 0)
		;
	close(fd);
}

static void add_cost(struct bpf_object *object, int sign)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info info = {};
		unsigned int length = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
			continue;
		cost.runs += sign * info.run_cnt;
		cost.nanoseconds += sign * info.run_time_ns;
	}
}

/* Counts what our programs cost, in this second of a few. */
static void count_cost(struct bpf_object *object, int second)
{
	static int counting = -1;

	if (counting >= 0) {
		add_cost(object, 1);
		close(counting);
		counting = -1;
		cost.seconds++;
	} else if (second % COUNTED_EACH == 1) {
		add_cost(object, -1);
		counting = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (counting < 0)
			add_cost(object, 1);
	}
}

static void print_group(struct bpf_object *object, const char *name, unsigned int group)
{
	struct counts now = {}, *then = &counts[group];

	bpf_map_lookup_elem(map_fd(object, "canary_counts"), &group, &now);
	printf(",\"%s\":{\"sockets\":%llu,\"transactions\":%llu,\"sentBytes\":%llu,"
	       "\"receivedBytes\":%llu,\"resets\":%llu,\"eagains\":%llu,\"stalls\":%llu,"
	       "\"times\":[",
	       name, now.sockets - then->sockets, now.transactions - then->transactions,
	       now.sent_bytes - then->sent_bytes,
	       now.received_bytes - then->received_bytes, now.resets - then->resets,
	       now.eagains - then->eagains, now.stalls - then->stalls);
	*then = now;
	for (unsigned int part = 0; part < PARTS; part++) {
		static unsigned long long found[BUCKETS];
		unsigned int at = group * PARTS + part;
		bool first = true;

		printf(part ? ",[" : "[");
		if (bpf_map_lookup_elem(map_fd(object, "canary_times"), &at, found))
			fail("canary_times");
		for (int i = 0; i < BUCKETS; i++) {
			unsigned long long *before = &times[group][part][i];

			if (found[i] == *before)
				continue;
			printf("%s%d,%llu", first ? "" : ",", i, found[i] - *before);
			*before = found[i];
			first = false;
		}
		printf("]");
	}
	printf("]}");
}

static void print_line(struct bpf_object *object, int second)
{
	printf("{\"seconds\":%d,\"share\":%u,\"cost\":{\"runs\":%llu,\"nanoseconds\":%"
	       "llu,\"seconds\":%d}",
	       second, share(), cost.seconds ? cost.runs : 0,
	       cost.seconds ? cost.nanoseconds : 0, cost.seconds);
	print_group(object, "bypass", 0);
	print_group(object, "tcp", 1);
	printf("}\n");
	fflush(stdout);
}

/* Prints the outcome. */
static bool obey(void)
{
	static char line[64];
	static size_t length;
	ssize_t got = read(0, line + length, sizeof(line) - 1 - length);
	char *end;

	if (got <= 0)
		return false;
	/* Unless somebody else has set it. */
	if ((int)share() == share_ours)
		borrow();
	else
		alarm(LOST_SECONDS);
	length += got;
	line[length] = 0;
	while ((end = strchr(line, '\n'))) {
		unsigned int percent;

		*end = 0;
		if (sscanf(line, "keep %u", &percent) == 1 && percent <= 100) {
			share_before = share_ours = percent;
			borrow();
			set_share(percent);
			return false;
		}
		length -= end + 1 - line;
		memmove(line, end + 1, length + 1);
	}
	return length < sizeof(line) - 1;
}

static int every_second(void)
{
	struct itimerspec each = {.it_interval.tv_sec = 1, .it_value.tv_sec = 1};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &each, NULL))
		fail("timerfd");
	return fd;
}

/* Tells of signals that would end us. */
static int our_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static void work(const char *pins, struct bpf_object *object, struct bpf_link *link,
		 int signals)
{
	struct pollfd files[] = {{.fd = 0, .events = POLLIN},
				 {.fd = signals, .events = POLLIN},
				 {.fd = every_second(), .events = POLLIN}};
	unsigned long long ticks;
	int second = 0;

	while (poll(files, 3, -1) > 0 || errno == EINTR) {
		if (files[1].revents || (files[0].revents && !obey()))
			break;
		if (!files[2].revents || read(files[2].fd, &ticks, sizeof(ticks)) < 0)
			continue;
		second += ticks;
		check_bypass(pins);
		look_for_stalls(link);
		count_cost(object, second);
		print_line(object, second);
		if (ferror(stdout))
			break;
	}
}

int main(int argc, char **argv)
{
	bool same = argc == 5 && !strcmp(argv[4], "same");
	struct bpf_object *object;
	struct bpf_link *link;
	unsigned int percent;
	int signals;

	if (argc < 4 || (argc == 5 && !same))
		return 2;
	open_config(argv[1]);
	percent = same ? 0 : strtoul(argv[3], NULL, 10) % 101;
	object = load(argv[1], argv[2], (struct settings){same, 100 - percent});
	link = stalls(object);
	signals = our_signals();
	begin_trial(percent);
	work(argv[1], object, link, signals);
	return 0;
}
