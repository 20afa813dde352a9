// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	char text[64];

	__builtin_memset(text, 1, ctx->rx_queue_index); // reject library-call: built-in function
	return text[3];
}
