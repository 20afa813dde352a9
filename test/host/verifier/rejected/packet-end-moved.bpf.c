// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	char *data = (void *)(long)ctx->data;
	char *end = (void *)(long)ctx->data_end;

	if (data + 4 > end - 4) // reject pointer-arithmetic: pkt_end
		return XDP_PASS;
	return data[0];
}
