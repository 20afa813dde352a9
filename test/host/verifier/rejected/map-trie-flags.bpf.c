// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct prefix {
	u32 bits;
	u32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16);
	__type(key, struct prefix);
	__type(value, u32);
} routes SEC(".maps"); // reject map-creation: map 'routes'

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct prefix prefix = {.bits = 32, .address = ctx->ingress_ifindex};

	return bpf_map_lookup_elem(&routes, &prefix) ? XDP_DROP : XDP_PASS;
}
