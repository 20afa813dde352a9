// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 value;

	asm volatile("%0 = *(u64 *)(r10 + 8)" : "=r"(value)); // reject stack-bounds: stack
	return value;
}
