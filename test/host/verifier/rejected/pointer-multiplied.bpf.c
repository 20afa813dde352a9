// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 value = (long)ctx;

	asm volatile("%0 *= 2" : "+r"(value)); // reject pointer-arithmetic: prohibited
	return value;
}
