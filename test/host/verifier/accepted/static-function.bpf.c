// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __attribute__((noinline)) int twice(u32 number)
{
	return number * 2;
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return twice(ctx->ingress_ifindex) & 1;
}
