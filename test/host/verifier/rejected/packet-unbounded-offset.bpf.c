// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	u32 offset = bpf_get_prandom_u32();

	if (data + offset + 1 > end)
		return XDP_DROP;
	return *(char *)(data + offset); // reject packet: outside of the packet
}
