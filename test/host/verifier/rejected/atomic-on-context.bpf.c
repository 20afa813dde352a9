// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&ctx->rx_queue_index, 1); // reject atomic: stores into
	return XDP_PASS;
}
