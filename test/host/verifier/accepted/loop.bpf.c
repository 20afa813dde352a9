// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 sum = 0;

	for (u32 i = 0; i < 100; i++)
		sum += bpf_get_prandom_u32();
	return sum & 1;
}
