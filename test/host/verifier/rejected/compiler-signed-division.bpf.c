// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	int a = ctx->rx_queue_index, b = ctx->ingress_ifindex;

	return a / b; // reject signed-division: unsupported signed division
}
