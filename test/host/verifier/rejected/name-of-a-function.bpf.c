// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

__noinline u64 *arena_tail_call(u32 *number)
{
	*number = 1;
	return 0;
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 number = 0;

	arena_tail_call(&number); // reject global-function: doesn't return scalar
	return number;
}
