// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 100000000);
	__type(key, u32);
	__type(value, u64);
} one SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner);
} outer SEC(".maps") = {.values = {&one}};

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;
	void *map = bpf_map_lookup_elem(&outer, &key);
	u64 *count;

	if (!map)
		return XDP_PASS;
	count = bpf_map_lookup_elem(map, &key);
	if (count)
		*count += 1;
	return XDP_PASS;
}
