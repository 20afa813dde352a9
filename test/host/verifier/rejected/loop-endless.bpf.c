// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 sum = 0;

	for (;;) // reject infinite-loop: infinite loop detected
		asm volatile("" : "+r"(sum));
	return sum;
}
