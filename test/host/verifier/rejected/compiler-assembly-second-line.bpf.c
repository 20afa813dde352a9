// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 n = ctx->rx_queue_index;

	asm volatile("%0 += 1\n\t"
		     "%0 <<<= 2\n\t" // reject inline-assembly: invalid operand
		     "%0 += 2"
		     : "+r"(n));
	return n;
}
