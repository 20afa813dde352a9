// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	if (ctx->rx_queue_index > 8)
		__builtin_trap(); // reject library-call: is not supported
	return XDP_PASS;
}
