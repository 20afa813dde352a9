// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__type(value, struct value);
} events SEC(".maps");

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;
	u64 *count = bpf_map_lookup_elem(&flows, &key);

	*count += 1; // reject null: map_value_or_null
	return XDP_PASS;
}
