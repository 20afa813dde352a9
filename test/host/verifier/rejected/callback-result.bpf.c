// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static int each(u32 index, void *context)
{
	return 5; // reject return-value: R0
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	bpf_loop(8, each, 0, 0);
	return XDP_PASS;
}
