// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} queue SEC(".maps"); // reject map-creation: map 'queue'

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 value = 1;

	return bpf_map_push_elem(&queue, &value, 0);
}
