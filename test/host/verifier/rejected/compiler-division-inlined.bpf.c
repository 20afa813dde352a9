// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __always_inline int mean(int sum, int count)
{
	return sum / count; // reject signed-division: signed division
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return mean(ctx->rx_queue_index, ctx->ingress_ifindex);
}
