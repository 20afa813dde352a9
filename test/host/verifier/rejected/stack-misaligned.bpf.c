// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	asm volatile("*(u32 *)(r10 - 7) = %0" ::"r"(1L)); // reject misaligned: misaligned stack access
	return XDP_PASS;
}
