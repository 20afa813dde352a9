// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *one = find(1), *two = find(2);

	if (!one || !two)
		return 0;
	asm volatile("r1 = %0; r1 += %1" ::"r"(one), "r"(two) : "r1"); // reject pointer-arithmetic: pointer
	return XDP_PASS;
}
