// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx) // reject dynamic-stack: dynamic stack allocation
{
	volatile int n = ctx->data;
	volatile char *text = __builtin_alloca(n);

	text[0] = 1;
	return text[n - 1];
}
