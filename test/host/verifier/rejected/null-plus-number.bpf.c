// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 0;
	struct value *value = bpf_map_lookup_elem(&hash, &key);
	char *text = value->text + (ctx->rx_queue_index & 7); // reject null: map_value_or_null

	asm volatile("" : "+r"(text));
	return value ? *text : XDP_PASS;
}
