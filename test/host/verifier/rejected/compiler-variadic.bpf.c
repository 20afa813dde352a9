// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __noinline int first(int a, ...) // reject function-signature: VarArgs
{
	__builtin_va_list rest;
	int next;

	__builtin_va_start(rest, a);
	next = __builtin_va_arg(rest, int);
	__builtin_va_end(rest);
	return a + next;
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return first(ctx->rx_queue_index, 2);
}
