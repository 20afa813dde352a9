// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return ctx->rx_queue_index * 0.5; // reject library-call: is not supported
}
