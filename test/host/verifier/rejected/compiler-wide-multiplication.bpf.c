// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	unsigned __int128 a = ctx->rx_queue_index, b = ctx->ingress_ifindex;

	return (a << 60) / (b + 1) > 5; // reject library-call: __udivti3
}
