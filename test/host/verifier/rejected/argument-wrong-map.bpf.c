// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &hash, 0); // reject map-argument: map
	return XDP_PASS;
}
