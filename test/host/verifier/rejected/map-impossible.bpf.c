// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u64);
} wide SEC(".maps"); // reject map-creation: map 'wide'

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 key = 0;

	return bpf_map_lookup_elem(&wide, &key) != 0;
}
