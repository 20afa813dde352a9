// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

#define SLOTS 32

struct table {
	u64 slots[SLOTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct table);
} tables SEC(".maps");

SEC("tc")
int program(struct __sk_buff *ctx)
{
	u32 zero = 0;
	struct table *table = bpf_map_lookup_elem(&tables, &zero);
	u32 slot = ctx->hash;

	if (!table)
		return 0;
	table->slots[slot] += 1; // reject unbounded: unbounded memory access
	return 0;
}
