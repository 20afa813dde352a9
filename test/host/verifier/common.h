/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions that the programs here share: maps of the kinds that matter. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

struct value {
	u64 count;
	char text[16];
};

struct locked {
	struct bpf_spin_lock lock;
	u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct value);
} hash SEC(".maps");

#ifdef WITH_LOCK
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct locked);
} locks SEC(".maps");
#endif

#ifdef WITH_RINGBUF
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");
#endif

#ifdef WITH_PROGRAMS
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} programs SEC(".maps");
#endif

static __always_inline struct value *find(u32 key)
{
	return bpf_map_lookup_elem(&hash, &key);
}

#ifndef LICENCE
#define LICENCE "GPL"
#endif
char LICENSE[] SEC("license") = LICENCE;

static __always_inline void count_unchecked(u32 key)
{
	find(key)->count++; // reject null: invalid mem access 'map_value_or_null'
}
