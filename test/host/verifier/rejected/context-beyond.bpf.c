// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return *(volatile u32 *)((char *)ctx + 200); // reject context-access: invalid bpf_context access
}
