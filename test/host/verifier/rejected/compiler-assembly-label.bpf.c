// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	asm volatile("there: goto +0");
	asm volatile("if r1 > 3 goto there");
	asm volatile("if r1 > 3 goto nowhere"); // reject inline-assembly: clang crashed
	return XDP_PASS;
}
