// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} outer SEC(".maps");

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;
	void *inner = bpf_map_lookup_elem(&outer, &key);
	u64 *value = inner ? bpf_map_lookup_elem(inner, &key) : 0;

	return value && *value ? XDP_PASS : XDP_DROP;
}
