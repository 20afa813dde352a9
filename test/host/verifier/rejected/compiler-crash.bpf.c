// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 n = ctx->rx_queue_index;

	return __builtin_clzll(n + 1); // reject compiler-crash: clang crashed
}
