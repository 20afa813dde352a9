// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	if (!value)
		return 0;
	asm volatile("r1 = %0; w1 += 1" ::"r"(value) : "r1"); // reject pointer-arithmetic: 32-bit
	return XDP_PASS;
}
