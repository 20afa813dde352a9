// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 index = bpf_get_prandom_u32() & 4;

	return *(volatile u32 *)((char *)ctx + index); // reject context-access: ctx
}
