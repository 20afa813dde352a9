// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	return *(u32 *)data ? XDP_PASS : XDP_DROP; // reject packet: invalid access to packet
}
