// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 sum = 0;

	for (u32 i = 0; i < 30000; i++) // reject too-complex: too complex
		if (bpf_get_prandom_u32() == 7)
			sum += i;
	return sum;
}
