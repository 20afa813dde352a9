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
 *   line ID TIMES LINE FILE, a tab, TEXT
 *             of each line of these that a processor was found at, or at what it called,
 *             since this began: each is looked at 199 times a second, by a timer, so that
 *             what runs with interrupts off is found late. Not where the kernel shows no
 *             addresses of code (kernel.kptr_restrict) or was built without perf events
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
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#define QUIET_MS 20000

/* No divisor of what other timers do, so that it does not always meet the same. */
#define SAMPLES_A_SECOND 199
/* Depth of calls: from a helper to the program that called it. */
#define FRAMES 16
/* Takes the samples of 4 s, and is a power of two of pages of any size. */
#define RING_BYTES	(128 * 1024)
#define MOST_PROCESSORS 1024
#define MOST_PROGRAMS	64
#define MOST_LINES	(64 * 1024)

/* Where a processor's samples come in. */
static struct perf_event_mmap_page *rings[MOST_PROCESSORS];

/* The code of a program, and how often a processor was found at its lines. */
struct code {
	__u32 id;
	bool is_loaded;
	__u32 functions, lines;
	__u64 *starts, *addresses;
	__u32 *lengths;
	struct bpf_line_info *sources;
	unsigned long *found;
	struct btf *btf;
};
static struct code codes[MOST_PROGRAMS];
static unsigned int code_count;

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

/* Every processor is asked for; the kernel refuses those that are off. */
static void start_samples(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = 1,
		.sample_freq = SAMPLES_A_SECOND,
		.sample_type = PERF_SAMPLE_CALLCHAIN,
		.sample_max_stack = FRAMES,
		.exclude_user = 1,
		.exclude_callchain_user = 1,
	};
	long processors = sysconf(_SC_NPROCESSORS_CONF);
	size_t size = sysconf(_SC_PAGESIZE) + RING_BYTES;
	long i;

	for (i = 0; i < processors && i < MOST_PROCESSORS; i++) {
		int fd = syscall(SYS_perf_event_open, &attributes, -1, i, -1,
				 PERF_FLAG_FD_CLOEXEC);
		void *ring = fd < 0 ? MAP_FAILED
				    : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
					   fd, 0);

		if (ring != MAP_FAILED)
			rings[i] = ring;
	}
}

static void forget(struct code *code)
{
	free(code->starts);
	free(code->addresses);
	free(code->lengths);
	free(code->sources);
	free(code->found);
	btf__free(code->btf);
}

/* Where a program's code lies, and of which lines it is; false where that is not known.
 */
static bool read_code(int fd, const struct bpf_prog_info *info, struct code *code)
{
	struct bpf_prog_info want = {
		.nr_jited_ksyms = info->nr_jited_ksyms,
		.nr_jited_func_lens = info->nr_jited_func_lens,
		.nr_line_info = info->nr_line_info,
		.line_info_rec_size = sizeof(*code->sources),
		.nr_jited_line_info = info->nr_jited_line_info,
		.jited_line_info_rec_size = sizeof(*code->addresses),
	};
	__u32 length = sizeof(want);

	*code = (struct code){.id = info->id};
	if (!info->btf_id || !info->nr_jited_line_info ||
	    info->nr_jited_line_info > MOST_LINES ||
	    info->nr_line_info != info->nr_jited_line_info ||
	    info->nr_jited_ksyms != info->nr_jited_func_lens)
		return false;
	code->functions = info->nr_jited_ksyms;
	code->lines = info->nr_line_info;
	code->starts = calloc(code->functions, sizeof(*code->starts));
	code->lengths = calloc(code->functions, sizeof(*code->lengths));
	code->addresses = calloc(code->lines, sizeof(*code->addresses));
	code->sources = calloc(code->lines, sizeof(*code->sources));
	code->found = calloc(code->lines, sizeof(*code->found));
	code->btf = btf__load_from_kernel_by_id(info->btf_id);
	want.jited_ksyms = (unsigned long)code->starts;
	want.jited_func_lens = (unsigned long)code->lengths;
	want.line_info = (unsigned long)code->sources;
	want.jited_line_info = (unsigned long)code->addresses;
	if (code->starts && code->lengths && code->addresses && code->sources &&
	    code->found && code->btf && !bpf_obj_get_info_by_fd(fd, &want, &length) &&
	    want.nr_jited_line_info == code->lines)
		return true;
	forget(code);
	return false;
}

/* A program's code as it was read, or is now. */
static struct code *code_of(int fd, const struct bpf_prog_info *info)
{
	unsigned int i;

	for (i = 0; i < code_count; i++)
		if (codes[i].id == info->id)
			return &codes[i];
	if (code_count == MOST_PROGRAMS || !read_code(fd, info, &codes[code_count]))
		return NULL;
	return &codes[code_count++];
}

/* The code of programs that are gone may be others' by now. */
static void forget_unloaded(void)
{
	unsigned int i = 0;

	while (i < code_count) {
		if (codes[i].is_loaded) {
			codes[i++].is_loaded = false;
			continue;
		}
		forget(&codes[i]);
		codes[i] = codes[--code_count];
	}
}

/* Counts the line that an address belongs to. */
static bool count_line(struct code *code, __u64 address)
{
	__u32 i, line, last = code->lines;

	for (i = 0; i < code->functions; i++)
		if (address - code->starts[i] < code->lengths[i])
			break;
	if (i == code->functions)
		return false;
	/* They are in order within a function; functions may lie in any. */
	for (line = 0; line < code->lines; line++)
		if (code->addresses[line] >= code->starts[i] &&
		    code->addresses[line] <= address &&
		    (last == code->lines ||
		     code->addresses[line] >= code->addresses[last]))
			last = line;
	if (last < code->lines)
		code->found[last]++;
	return true;
}

static void count_address(const __u64 *frames, __u64 count)
{
	__u64 i, returns_to = 0;
	unsigned int j;

	for (i = 0; i < count; i++) {
		if (frames[i] >= PERF_CONTEXT_MAX)
			continue; /* no address: the next ones are the kernel's */
		/* A return address may be where the next line begins. */
		for (j = 0; j < code_count; j++)
			if (count_line(&codes[j], frames[i] - returns_to))
				return;
		returns_to = 1;
	}
}

/* The kernel writes words, and no header goes over the end. */
static void read_samples(struct perf_event_mmap_page *ring)
{
	const __u64 *data = (void *)((char *)ring + ring->data_offset);
	__u64 head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	__u64 words = ring->data_size / sizeof(*data), at = ring->data_tail, i, count;
	__u64 frames[FRAMES + 8];

	while (at < head) {
		const __u64 *first = &data[at / 8 % words];
		const struct perf_event_header *header = (const void *)first;

		if (header->size < sizeof(*header))
			break;
		if (header->type == PERF_RECORD_SAMPLE) {
			count = data[(at / 8 + 1) % words];
			for (i = 0; i < count && i < FRAMES + 8; i++)
				frames[i] = data[(at / 8 + 2 + i) % words];
			count_address(frames, i);
		}
		at += header->size;
	}
	__atomic_store_n(&ring->data_tail, head, __ATOMIC_RELEASE);
}

/* Its author wrote whatever a program's types say. */
static void print_plain(const char *text)
{
	for (; text && *text; text++)
		putchar((unsigned char)*text < ' ' ? ' ' : *text);
}

static void print_lines(const struct code *code)
{
	__u32 i;

	for (i = 0; i < code->lines; i++) {
		const struct bpf_line_info *source = &code->sources[i];

		if (!code->found[i])
			continue;
		printf("line %u %lu %u ", code->id, code->found[i],
		       source->line_col >> 10);
		print_plain(btf__name_by_offset(code->btf, source->file_name_off));
		putchar('\t');
		print_plain(btf__name_by_offset(code->btf, source->line_off));
		putchar('\n');
	}
}

static void print_program(unsigned int id, char **names)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	struct code *code;
	unsigned int i;

	if (fd < 0)
		return; /* it is gone */
	if (!bpf_obj_get_info_by_fd(fd, &info, &length) && is_wanted(info.name, names)) {
		printf("program %s ", info.name);
		for (i = 0; i < sizeof(info.tag); i++)
			printf("%02x", info.tag[i]);
		printf(" %u %llu %llu\n", id, info.run_cnt, info.run_time_ns);
		code = code_of(fd, &info);
		if (code) {
			code->is_loaded = true;
			print_lines(code);
		}
	}
	close(fd);
}

static bool print_all(char **names)
{
	__u32 id = 0;
	int i;

	for (i = 0; i < MOST_PROCESSORS; i++)
		if (rings[i])
			read_samples(rings[i]);
	while (!bpf_prog_get_next_id(id, &id))
		print_program(id, names);
	forget_unloaded();
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
	start_samples();
	do {
		if (!print_all(argv + 2))
			return 1;
		next += seconds * 1000000LL;
	} while (wait_until(next, &heard));
	return 0;
}
