// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	asm volatile("*(u64 *)(r10 - 520) = %0" ::"r"(1L)); // reject stack-bounds: stack
	return XDP_PASS;
}
