// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	*(volatile u32 *)&ctx->data = 0; // reject context-access: invalid bpf_context access
	return XDP_PASS;
}
