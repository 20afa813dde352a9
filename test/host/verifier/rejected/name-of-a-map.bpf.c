// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u64);
	__type(value, u64);
	__uint(max_entries, 1);
} bpf_spin_lock_dynptr_JIT SEC(".maps"); // reject map-creation: bpf_spin_lock_dynptr_JIT

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 key = 0;

	return bpf_map_lookup_elem(&bpf_spin_lock_dynptr_JIT, &key) ? XDP_PASS : XDP_DROP;
}
