// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	u32 length = ctx->len, sum = 0;

	for (u32 i = 0; i != length; i++) // reject too-complex: too
		sum += bpf_get_prandom_u32();
	return sum;
}
