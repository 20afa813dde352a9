// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

/* Larger than what a map may take here: made smaller. */
struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000000);
	__type(key, u32);
	__type(value, u64);
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner);
} outer SEC(".maps");

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;
	void *map = bpf_map_lookup_elem(&outer, &key);
	u64 *count;

	if (!map)
		return XDP_PASS;
	count = bpf_map_lookup_elem(map, &key);
	return *count; // reject null: map_value_or_null
}
