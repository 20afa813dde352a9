// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx) // reject stack-size: Looks like the BPF stack limit
{
	volatile char big[600];

	for (int i = 0; i < 600; i++)
		big[i] = i;
	return big[ctx->rx_queue_index & 511];
}
