// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	char *data = (void *)(long)ctx->data;
	char *end = (void *)(long)ctx->data_end;

	if (data + 1 > end || bpf_xdp_adjust_head(ctx, 0))
		return XDP_DROP;
	return *(volatile char *)data; // reject scalar-dereference: invalid mem access
}
