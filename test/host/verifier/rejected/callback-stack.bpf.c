// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static int each(u32 index, u64 *sums)
{
	sums[index] = 1; // reject stack-bounds: unbounded
	return 0;
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 sums[4] = {};

	bpf_loop(4, each, sums, 0);
	return sums[1];
}
