// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, 250);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} later SEC(".maps"); // reject map-creation: map 'later'

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&later, &key) != 0;
}
