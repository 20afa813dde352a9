// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __attribute__((noinline)) int inner(u32 seed)
{
	volatile char text[300] = {};

	text[seed & 255] = 1;
	return text[seed & 127];
}

SEC("xdp")
int program(struct xdp_md *ctx) // reject stack-size: combined stack size
{
	volatile char text[300] = {};

	text[inner(ctx->ingress_ifindex) & 255] = 1;
	return text[3];
}
