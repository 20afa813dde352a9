// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static __noinline int sum(int a, int b, int c, int d, int e, int f) // reject function-signature: too many
{
	return a ^ b ^ c ^ d ^ e ^ f;
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	int a = ctx->rx_queue_index, b = ctx->ingress_ifindex;

	return sum(a, b, a + 1, b + 1, a + 2, b + 2);
}
