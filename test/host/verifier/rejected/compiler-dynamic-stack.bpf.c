// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	volatile int n = ctx->data;
	volatile char *text = __builtin_alloca(n); // reject dynamic-stack: dynamic stack allocation

	text[0] = 1;
	return text[n - 1];
}
