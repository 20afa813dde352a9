// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct bpf_map_def {
	u32 type, key_size, value_size, max_entries;
};

/* As some loaders read it. */
/* clang-format off */
struct bpf_map_def SEC("maps/counts") counts = { // reject map-section: bad map relo
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(u32),
	.value_size = 8,
	.max_entries = 4,
};
/* clang-format on */

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&counts, &key) ? XDP_PASS : XDP_DROP;
}
