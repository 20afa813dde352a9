// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 value = ctx->ingress_ifindex;

	asm volatile("%0 <<= 64" : "+r"(value)); // reject shift: invalid shift
	return value;
}
