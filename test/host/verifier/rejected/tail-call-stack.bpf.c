// SPDX-License-Identifier: GPL-2.0
#define WITH_PROGRAMS
#include "../common.h"

static __attribute__((noinline)) int jump(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return 1;
}

SEC("xdp")
int program(struct xdp_md *ctx) // reject tail-call: tail_calls are not allowed
{
	volatile char text[300] = {};

	text[ctx->ingress_ifindex & 255] = 1;
	return jump(ctx) + text[3];
}
