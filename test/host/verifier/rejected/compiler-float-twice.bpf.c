// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __always_inline u32 half(u32 number)
{
	return number * 0.5; // reject library-call: is not supported
}

SEC("xdp")
int one(struct xdp_md *ctx)
{
	return half(ctx->rx_queue_index);
}

SEC("xdp")
int other(struct xdp_md *ctx)
{
	return half(ctx->ingress_ifindex);
}
