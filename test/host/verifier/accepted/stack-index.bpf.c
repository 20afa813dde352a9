// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	volatile char text[16] = {};

	text[bpf_get_prandom_u32() & 15] = 1;
	return text[0];
}
