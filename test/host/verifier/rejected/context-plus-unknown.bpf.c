// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 offset = bpf_get_prandom_u32();

	asm volatile( // reject context-access: ctx
		"r1 = %0; r1 += %1; r0 = *(u32 *)(r1 + 0)" ::"r"(ctx), "r"(offset)
		: "r0", "r1");
	return XDP_PASS;
}
