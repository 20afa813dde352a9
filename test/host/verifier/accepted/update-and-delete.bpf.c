// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value value = {.count = 1};
	u32 key = 7;

	bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
	bpf_map_delete_elem(&hash, &key);
	return XDP_PASS;
}
