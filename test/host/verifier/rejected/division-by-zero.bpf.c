// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 value = ctx->data;

	asm volatile("%0 /= 0" : "+r"(value)); // reject division: by zero
	return value;
}
