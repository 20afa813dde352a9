// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	volatile char text[16] = {};
	u32 index = bpf_get_prandom_u32();

	text[index] = 1; // reject stack-bounds: stack
	return text[0];
}
