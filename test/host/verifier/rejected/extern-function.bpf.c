// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

extern int step(int number); // reject extern-undefined: 'step'

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return step(ctx->rx_queue_index);
}
