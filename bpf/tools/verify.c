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
 *   program NAME    two lines, the section and "accepted", "rejected" or "failed"
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

static const char *boundary;
static FILE *words;
static char *told;
static volatile sig_atomic_t is_late;

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
	return level == LIBBPF_DEBUG || !words ? 0 : vfprintf(words, format, args);
}

static void listen(void)
{
	static size_t length;

	free(told);
	words = open_memstream(&told, &length);
	if (!words)
		exit(2);
}

/* Output of libbpf since listen(). */
static const char *heard(void)
{
	if (words)
		fclose(words);
	words = NULL;
	return told;
}

static void part(const char *name, const char *of, const char *text)
{
	printf("\n%s %s%s%s\n%s", boundary, name, *of ? " " : "", of, text);
}

enum verdict { ACCEPTED, REJECTED, FAILED };

static unsigned long long entry_bytes(const struct bpf_map *map)
{
	unsigned long long value = bpf_map__value_size(map);

	switch (bpf_map__type(map)) {
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
	return bpf_map__key_size(map) + value;
}

/* Returns what the map takes now. */
static unsigned long long limit_map(struct bpf_map *map)
{
	unsigned long long bytes = entry_bytes(map);
	unsigned int entries = bpf_map__max_entries(map);

	/* A power of two stays one. */
	while (entries > 1 && bytes * entries > MAP_BYTES)
		entries /= 2;
	bpf_map__set_max_entries(map, entries);
	return bytes * entries;
}

/* False, with words, if the maps are too large even so. */
static bool limit_maps(struct bpf_object *object)
{
	unsigned long long bytes = 0;
	struct bpf_map *map, *inner;

	bpf_object__for_each_map(map, object)
	{
		bpf_map__set_pin_path(map, NULL);
		bytes += limit_map(map);
		inner = bpf_map__inner_map(map);
		if (inner)
			bytes += limit_map(inner);
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

/* Loads one program of the object with a log of this level, and lets go of it again. */
static enum verdict load(const char *file, const char *name, int level, char *log,
			 size_t size, const char *pin)
{
	struct bpf_program *program, *wanted = NULL;
	enum verdict verdict = ACCEPTED;
	struct bpf_object *object;
	char path[4096];

	listen();
	log[0] = '\0';
	if (is_late) {
		fputs("no verdict: verifying took too long before its turn came\n",
		      words);
		return FAILED;
	}
	object = bpf_object__open_file(file, NULL);
	if (!object)
		return FAILED;
	if (!limit_maps(object)) {
		bpf_object__close(object);
		return FAILED;
	}
	bpf_object__for_each_program(program, object)
	{
		bool is_wanted = strcmp(bpf_program__name(program), name) == 0;

		bpf_program__set_autoload(program, is_wanted);
		if (is_wanted)
			wanted = program;
	}
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
	} else if (*pin) {
		snprintf(path, sizeof(path), "%s/%s", pin, name);
		bpf_program__pin(wanted, path);
	}
	bpf_object__close(object);
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

static void verify(const char *file, const char *name, const char *section, int level,
		   const char *pin)
{
	static const char *const verdicts[] = {"accepted", "rejected", "failed"};
	size_t size = LOG_SIZE;
	enum verdict verdict;
	char *log;

	for (;;) {
		log = malloc(size);
		if (!log)
			exit(2);
		verdict = load(file, name, level, log, size, pin);
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
	printf("\n%s", verdicts[verdict]);
	part("words", "", heard());
	part("log", "", log);
	if (strlen(log) + 2 >= size)
		printf("\n(the log is longer than the %u MiB kept of it)\n",
		       LOG_SIZE_MAX >> 20);
	fflush(stdout);
	free(log);
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;
	int level;

	if (argc < 6)
		return 2;
	boundary = argv[1];
	level = LOG_STATS | (strcmp(argv[2], "2") == 0 ? LOG_PATH | LOG_FULL : 0);
	libbpf_set_print(keep_words);
	end_after(atoi(argv[3]));
	listen();
	object = bpf_object__open_file(argv[5], NULL);
	part("object", "", object ? "" : heard());
	if (object) {
		bpf_object__for_each_program(
			program,
			object) if (argc < 7 ||
				    strcmp(bpf_program__name(program), argv[6]) == 0)
			verify(argv[5], bpf_program__name(program),
			       bpf_program__section_name(program), level, argv[4]);
	}
	if (object && argc > 7)
		machine_code(object, argv[4], argv[6], argv[7]);
	part("end", "", "");
	return 0;
}
