// SPDX-License-Identifier: GPL-2.0
/*
 * Has the kernel verify every program of a BPF object, each by itself.
 *
 *   verify BOUNDARY LEVEL SECONDS PIN OBJECT [PROGRAM MACHINE_CODE]
 *
 * A native program, for root. bpftool stops at the first program the kernel
 * rejects, and tells the statistics of the others only together with a log that
 * takes seconds to write; here every program gets its verdict, with statistics
 * alone where it is accepted and with the whole log where it is not.
 *
 * LEVEL is the log of an accepted program: 0 its statistics, 2 the state at
 * every instruction. After SECONDS the rest gets no verdict. PIN is a directory of
 * a bpffs for accepted programs, or "".
 * With PROGRAM the others are left out; what the JIT compiler made of it is written
 * to the file MACHINE_CODE. Nothing is attached, no map is pinned or shared, and all
 * of it goes with the process.
 *
 * The output is a sequence of parts, each under a line "BOUNDARY NAME":
 *
 *   object          libbpf's words if it cannot open the object
 *   assumed         what the object leaves to its loader, and what it was taken to be:
 *                   lines of "entries|key|value MAP NUMBER", "target PROGRAM FUNCTION"
 *                   and "inner MAP BYTES", of the values of maps that it is to hold
 *   program NAME    lines: the section, "accepted", "rejected" or "failed", and the tag
 *                   of its code where the kernel loaded it
 *   words           libbpf's words on that program
 *   log             the verifier's
 *   lines           of MACHINE_CODE: "OFFSET LINE FILE", a tab and the text, where
 *                   a source line begins
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* Bits of log_level, include/linux/bpf_verifier.h: they are not in a header for users. */
#define LOG_PATH  1
#define LOG_FULL  2
#define LOG_STATS 4

/* Kernels before 5.2 take no larger one; few programs need more. */
#define LOG_SIZE     (16u << 20)
#define LOG_SIZE_MAX (256u << 20)

/* A map is made with as many entries as fit into this, and all together have four times
 * as much: the verdict is the same, and the host keeps its memory.
 */
#define MAP_BYTES (64ull << 20)

/* The log of the program that was loaded last; "" of one that was not. */
static char tag[2 * BPF_TAG_SIZE + 1];

static const char *boundary;
static FILE *words;
static char *told;
static volatile sig_atomic_t is_late;
/* Also what libbpf says to those who look for faults of its own. */
static bool is_all_heard;

/* The verifier gives up when a signal is pending. libbpf tries again: the signals go on.
 */
static void late(int signal)
{
	(void)signal;
	is_late = 1;
}

static void end_after(int seconds)
{
	struct itimerval timer = {.it_value.tv_sec = seconds,
				  .it_interval.tv_usec = 20000};
	struct sigaction action = {.sa_handler = late, .sa_flags = SA_RESTART};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static int keep_words(enum libbpf_print_level level, const char *format, va_list args)
{
	return (level == LIBBPF_DEBUG && !is_all_heard) || !words
		       ? 0
		       : vfprintf(words, format, args);
}

/* Output of libbpf since listen(). */
static const char *heard(void)
{
	if (words)
		fclose(words);
	words = NULL;
	return told;
}

static void listen(void)
{
	static size_t length;

	heard();
	free(told);
	words = open_memstream(&told, &length);
	if (!words)
		exit(2);
}

static void part(const char *name, const char *of, const char *text)
{
	printf("\n%s %s%s%s\n%s", boundary, name, *of ? " " : "", of, text);
}

enum verdict { ACCEPTED, REJECTED, FAILED };

/* Sizes that the kernel takes for a type of map, in bytes; ANY: as it has it. Others than
 * libbpf put it in where an object has no size, or one for the type of what a ring
 * buffer's or perf's records are.
 */
#define ANY (~0u)
static const struct shape {
	enum bpf_map_type type;
	unsigned int key, value;
} shapes[] = {
	{BPF_MAP_TYPE_RINGBUF, 0, 0},
	{BPF_MAP_TYPE_USER_RINGBUF, 0, 0},
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4},
	{BPF_MAP_TYPE_QUEUE, 0, ANY},
	{BPF_MAP_TYPE_STACK, 0, ANY},
	{BPF_MAP_TYPE_BLOOM_FILTER, 0, ANY},
	{BPF_MAP_TYPE_STACK_TRACE, 4, 127 * 8},
	{BPF_MAP_TYPE_PROG_ARRAY, 4, 4},
	{BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4},
	{BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4},
	{BPF_MAP_TYPE_HASH_OF_MAPS, ANY, 4},
	{BPF_MAP_TYPE_DEVMAP, 4, 4},
	{BPF_MAP_TYPE_DEVMAP_HASH, 4, 4},
	{BPF_MAP_TYPE_CPUMAP, 4, 4},
	{BPF_MAP_TYPE_XSKMAP, 4, 4},
	{BPF_MAP_TYPE_SOCKMAP, 4, 4},
	{BPF_MAP_TYPE_SOCKHASH, ANY, 4},
	{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8},
	{BPF_MAP_TYPE_ARRAY, 4, ANY},
	{BPF_MAP_TYPE_PERCPU_ARRAY, 4, ANY},
	{BPF_MAP_TYPE_LPM_TRIE, 8, ANY},
};

/* A map as it is made here. */
struct size {
	unsigned int key, value, entries;
};

/* BPF_MAP_TYPE_CGRP_STORAGE, which older headers lack. */
#define CGRP_STORAGE 32

static bool has_entries(int type)
{
	switch (type) {
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: /* libbpf: the processors */
	case CGRP_STORAGE:
		return false;
	default:
		return true;
	}
}

static unsigned long long entry_bytes(enum bpf_map_type type, const struct size *size)
{
	unsigned long long value = size->value;

	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return 1; /* their entries are bytes */
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		value *= libbpf_num_possible_cpus();
		break;
	default:
		break;
	}
	return size->key + value;
}

/* Libbpf's own maps for global variables have their sizes from the object; what an arena,
 * or a type newer than it, takes is not for us to say.
 */
static bool is_left_alone(const struct bpf_map *map)
{
	int type = bpf_map__type(map);

	return bpf_map__is_internal(map) || type == BPF_MAP_TYPE_UNSPEC ||
	       type == BPF_MAP_TYPE_STRUCT_OPS || type > CGRP_STORAGE;
}

/* Tried where an object leaves it open: bytes of values, larger than what
 * programs touch or smaller than what they have to write, and the type of maps in a map.
 */
struct guess {
	unsigned int value;
	enum bpf_map_type inner;
};

static const struct guess guesses[] = {
	{4096, BPF_MAP_TYPE_HASH},
	{8, BPF_MAP_TYPE_HASH},
	{4096, BPF_MAP_TYPE_RINGBUF},
};

/* Whether the object has a map of maps and does not say of which. */
static bool is_inner_left;

/* Puts in what the object leaves open, and halves what is too large. */
static struct size size_of(const struct bpf_map *map, const struct guess *guess)
{
	enum bpf_map_type type = bpf_map__type(map);
	struct size size = {bpf_map__key_size(map), bpf_map__value_size(map),
			    bpf_map__max_entries(map)};
	struct shape shape = {type, ANY, ANY};
	bool only = type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF ||
		    type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	unsigned int i;

	if (is_left_alone(map))
		return size;
	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (shapes[i].type == type)
			shape = shapes[i];
	if (only || !size.key)
		size.key = shape.key == ANY ? 4 : shape.key;
	if (only || !size.value)
		size.value = shape.value == ANY ? guess->value : shape.value;
	if (!size.entries && has_entries(type))
		size.entries = entry_bytes(type, &size) == 1 ? sysconf(_SC_PAGESIZE) : 1;
	/* A power of two stays one. */
	while (size.entries > 1 && entry_bytes(type, &size) * size.entries > MAP_BYTES)
		size.entries /= 2;
	return size;
}

static void say_assumed(FILE *to, const struct bpf_map *map, const char *name,
			const struct size *size)
{
	if (size->key != bpf_map__key_size(map))
		fprintf(to, "key %s %u\n", name, size->key);
	if (size->value != bpf_map__value_size(map))
		fprintf(to, "value %s %u\n", name, size->value);
	if (!bpf_map__max_entries(map) && size->entries)
		fprintf(to, "entries %s %u\n", name, size->entries);
}

/* Inner maps that stand in for those of the object being loaded. */
static int inner_maps[256];
static unsigned int inner_count;

/* libbpf's inner map knows no object, and the functions that set its sizes crash: another
 * map takes its place.
 */
static void replace_inner(struct bpf_map *map, enum bpf_map_type type,
			  const struct size *size, unsigned int flags, __u64 extra)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags,
		    .map_extra = extra, );
	int fd;

	if (inner_count == sizeof(inner_maps) / sizeof(*inner_maps))
		return;
	fd = bpf_map_create(type, NULL, size->key, size->value, size->entries, &options);
	if (fd < 0)
		return; /* libbpf says why, of the one that the object has */
	inner_maps[inner_count++] = fd;
	bpf_map__set_inner_map_fd(map, fd);
}

static bool lacks_inner(const struct bpf_map *map)
{
	int type = bpf_map__type(map);

	return (type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
		type == BPF_MAP_TYPE_HASH_OF_MAPS) &&
	       !bpf_map__inner_map((struct bpf_map *)map);
}

/* A key of one byte: whatever a program passes for it is as long. */
static void guess_inner(struct bpf_map *map, const struct guess *guess)
{
	bool is_ring = guess->inner == BPF_MAP_TYPE_RINGBUF;
	struct size size = {is_ring ? 0 : 1, is_ring ? 0 : guess->value,
			    is_ring ? sysconf(_SC_PAGESIZE) : 1};

	replace_inner(map, guess->inner, &size, 0, 0);
}

/* Readies the maps; what they were taken to be goes to ASSUMED, where that is asked for.
 * False, with words, if they are too large even so.
 */
static bool ready_maps(struct bpf_object *object, const struct guess *guess,
		       FILE *assumed)
{
	unsigned long long bytes = 0;
	struct bpf_map *map, *inner;
	struct size size;

	bpf_object__for_each_map(map, object)
	{
		bpf_map__set_pin_path(map, NULL);
		size = size_of(map, guess);
		if (assumed)
			say_assumed(assumed, map, bpf_map__name(map), &size);
		if (size.key != bpf_map__key_size(map))
			bpf_map__set_key_size(map, size.key);
		if (size.value != bpf_map__value_size(map))
			bpf_map__set_value_size(map, size.value);
		if (size.entries != bpf_map__max_entries(map))
			bpf_map__set_max_entries(map, size.entries);
		bytes += entry_bytes(bpf_map__type(map), &size) * size.entries;
		inner = bpf_map__inner_map(map);
		if (inner) {
			size = size_of(inner, guess);
			if (assumed)
				say_assumed(assumed, inner, bpf_map__name(map), &size);
			bytes += entry_bytes(bpf_map__type(inner), &size) * size.entries;
			if (size.key != bpf_map__key_size(inner) ||
			    size.value != bpf_map__value_size(inner) ||
			    size.entries != bpf_map__max_entries(inner))
				replace_inner(map, bpf_map__type(inner), &size,
					      bpf_map__map_flags(inner),
					      bpf_map__map_extra(inner));
		} else if (lacks_inner(map)) {
			guess_inner(map, guess);
			if (assumed)
				fprintf(assumed, "inner %s %u\n", bpf_map__name(map),
					guess->value);
		}
		if (bytes > 4 * MAP_BYTES) {
			fprintf(words,
				"map '%s': the values of the maps take more than the "
				"%llu MiB they may here\n",
				bpf_map__name(map), 4 * MAP_BYTES >> 20);
			return false;
		}
	}
	return true;
}

/* A function with as many arguments as a tracing program gets, in all kernels that trace.
 */
#define TRACED "bpf_fentry_test6"

/* The target that user space names before it loads such a program, or NULL. */
static const char *missing_target(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return strcmp(section, "fentry") == 0 || strcmp(section, "fexit") == 0 ? TRACED
									       : NULL;
}

static void read_tag(int fd)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);
	unsigned int i;

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return;
	for (i = 0; i < BPF_TAG_SIZE; i++)
		sprintf(tag + 2 * i, "%02x", info.tag[i]);
}

/* Loads one program of the object with a log of this level, and lets go of it again.
 * GUESS is what the object leaves open.
 */
static enum verdict load(const char *file, const char *name, int level, char *log,
			 size_t size, const char *pin, const struct guess *guess)
{
	struct bpf_program *program, *wanted = NULL;
	enum verdict verdict = ACCEPTED;
	struct bpf_object *object;
	char path[4096];

	listen();
	log[0] = '\0';
	tag[0] = '\0';
	if (is_late) {
		fputs("no verdict: verifying took too long before its turn came\n",
		      words);
		return FAILED;
	}
	object = bpf_object__open_file(file, NULL);
	if (!object)
		return FAILED;
	if (!ready_maps(object, guess, NULL)) {
		verdict = FAILED;
		goto out;
	}
	bpf_object__for_each_program(program, object)
	{
		bool is_wanted = strcmp(bpf_program__name(program), name) == 0;

		bpf_program__set_autoload(program, is_wanted);
		if (is_wanted)
			wanted = program;
	}
	if (missing_target(wanted))
		bpf_program__set_attach_target(wanted, 0, missing_target(wanted));
	bpf_program__set_log_level(wanted, level);
	bpf_program__set_log_buf(wanted, log, size);
	/* It fails after the verdict too, of a prog array that names a program left out.
	 */
	if (bpf_object__load(object)) {
		if (is_late) {
			fputs("no verdict: verifying took too long\n", words);
			verdict = FAILED;
		} else if (strstr(heard(), "program load failed"))
			verdict = REJECTED;
		else if (!strstr(log, "processed "))
			verdict = FAILED;
	} else {
		read_tag(bpf_program__fd(wanted));
		if (*pin) {
			snprintf(path, sizeof(path), "%s/%s", pin, name);
			bpf_program__pin(wanted, path);
		}
	}
out:
	bpf_object__close(object);
	while (inner_count > 0)
		close(inner_maps[--inner_count]);
	return verdict;
}

/* bpftool's disassembler is often left out; others need the bytes and where lines begin.
 */
static void machine_code(const struct bpf_object *object, const char *pin,
			 const char *name, const char *file)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_prog_info info = {}, want = {};
	struct bpf_line_info *lines;
	__u32 length = sizeof(info);
	__u64 *addresses, start;
	char path[4096];
	unsigned int i;
	void *code;
	FILE *out;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pin, name);
	fd = bpf_obj_get(path);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length))
		return;
	code = calloc(1, info.jited_prog_len + 1);
	lines = calloc(info.nr_line_info + 1, sizeof(*lines));
	addresses = calloc(info.nr_jited_line_info + 1, sizeof(*addresses));
	if (!code || !lines || !addresses)
		exit(2);
	want.jited_prog_len = info.jited_prog_len;
	want.jited_prog_insns = (unsigned long)code;
	want.nr_line_info = info.nr_line_info;
	want.line_info_rec_size = sizeof(*lines);
	want.line_info = (unsigned long)lines;
	want.nr_jited_line_info = info.nr_jited_line_info;
	want.jited_line_info_rec_size = sizeof(*addresses);
	want.jited_line_info = (unsigned long)addresses;
	want.nr_jited_ksyms = 1;
	want.jited_ksyms = (unsigned long)&start;
	length = sizeof(want);
	out = fopen(file, "wb");
	if (!out || bpf_obj_get_info_by_fd(fd, &want, &length))
		exit(2);
	fwrite(code, 1, want.jited_prog_len, out);
	fclose(out);
	part("lines", "", "");
	/* Functions that are called lie elsewhere; their code follows, their addresses do
	 * not. */
	for (i = 0; i < want.nr_jited_line_info && i < want.nr_line_info; i++)
		if (addresses[i] - start < want.jited_prog_len)
			printf("%llu %u %s\t%s\n",
			       (unsigned long long)(addresses[i] - start),
			       lines[i].line_col >> 10,
			       btf__name_by_offset(btf, lines[i].file_name_off),
			       btf__name_by_offset(btf, lines[i].line_off));
}

static unsigned long processed(const char *log)
{
	const char *end = log, *next;

	while ((next = strstr(end, "\nprocessed ")))
		end = next + strlen("\nprocessed ");
	return strtoul(end, NULL, 10);
}

/* That with which the verifier accepts the program, or else gets furthest. */
static const struct guess *better_guess(const char *file, const char *name, char *log)
{
	const struct guess *best = guesses;
	unsigned long far, furthest = 0;
	unsigned int i;

	for (i = 0; i < (is_inner_left ? 3 : 2); i++) {
		if (load(file, name, LOG_STATS, log, LOG_SIZE, "", &guesses[i]) ==
		    ACCEPTED)
			return &guesses[i];
		far = processed(log);
		if (far > furthest) {
			furthest = far;
			best = &guesses[i];
		}
	}
	return best;
}

static void verify(const char *file, const char *name, const char *section, int level,
		   const char *pin, bool is_guessed)
{
	static const char *const verdicts[] = {"accepted", "rejected", "failed"};
	const struct guess *guess = guesses;
	size_t size = LOG_SIZE;
	enum verdict verdict;
	char *log;

	for (;;) {
		log = malloc(size);
		if (!log)
			exit(2);
		if (is_guessed && size == LOG_SIZE)
			guess = better_guess(file, name, log);
		verdict = load(file, name, level, log, size, pin, guess);
		if (verdict == REJECTED && level == LOG_STATS)
			level |= LOG_PATH;
		else if (verdict == REJECTED && strlen(log) + 2 >= size &&
			 size < LOG_SIZE_MAX)
			size *= 4;
		else
			break;
		free(log);
	}
	part("program", name, section);
	printf("\n%s\n%s", verdicts[verdict], tag);
	part("words", "", heard());
	part("log", "", log);
	if (strlen(log) + 2 >= size)
		printf("\n(the log is longer than the %u MiB kept of it)\n",
		       LOG_SIZE_MAX >> 20);
	fflush(stdout);
	free(log);
}

/* Prints what is left to the loader. Returns whether the size of a value is. */
static bool assume(struct bpf_object *object)
{
	struct bpf_program *program;
	bool is_guessed = false;
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const struct bpf_map *inner = bpf_map__inner_map(map);

		is_inner_left |= lacks_inner(map);
		is_guessed |= size_of(map, &guesses[0]).value !=
				      size_of(map, &guesses[1]).value ||
			      (inner && size_of(inner, &guesses[0]).value !=
						size_of(inner, &guesses[1]).value);
	}
	part("assumed", "", "");
	bpf_object__for_each_program(program, object) if (missing_target(program)) printf(
		"target %s %s\n", bpf_program__name(program), missing_target(program));
	ready_maps(object, guesses, stdout);
	return is_guessed || is_inner_left;
}

/* Opens an object; of some faults libbpf says nothing but at the end of its words for
 * all.
 */
static struct bpf_object *open_object(const char *file)
{
	struct bpf_object *object;
	char *line;

	listen();
	object = bpf_object__open_file(file, NULL);
	if (object || *heard())
		return object;
	is_all_heard = true;
	listen();
	object = bpf_object__open_file(file, NULL);
	is_all_heard = false;
	told[strlen(heard()) - (*heard() != '\0')] = '\0';
	line = strrchr(told, '\n');
	if (line)
		memmove(told, line + 1, strlen(line));
	return object;
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;
	bool is_guessed = false;
	int level;

	if (argc < 6)
		return 2;
	boundary = argv[1];
	level = LOG_STATS | (strcmp(argv[2], "2") == 0 ? LOG_PATH | LOG_FULL : 0);
	libbpf_set_print(keep_words);
	end_after(atoi(argv[3]));
	object = open_object(argv[5]);
	part("object", "", object ? "" : heard());
	if (object)
		is_guessed = assume(object);
	if (object) {
		bpf_object__for_each_program(
			program,
			object) if (argc < 7 ||
				    strcmp(bpf_program__name(program), argv[6]) == 0)
			verify(argv[5], bpf_program__name(program),
			       bpf_program__section_name(program), level, argv[4],
			       is_guessed);
	}
	if (object && argc > 7)
		machine_code(object, argv[4], argv[6], argv[7]);
	part("end", "", "");
	return 0;
}
