// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	char text[4] = {};

	bpf_skb_load_bytes(ctx, 0, text, sizeof(text)); // reject helper-not-allowed: bpf_skb_load_bytes#26
	return text[0];
}
