// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} shared SEC(".maps"); // reject extern-undefined: extern section

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&shared, &key) ? XDP_PASS : XDP_DROP;
}
