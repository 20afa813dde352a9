// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);
	u32 key = 2;

	bpf_map_update_elem(&hash, &key, value, 0); // reject null: map_value_or_null
	return XDP_PASS;
}
