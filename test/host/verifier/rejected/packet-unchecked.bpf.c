// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	char *data = (void *)(long)ctx->data;

	return data[4]; // reject packet: invalid access to packet
}
