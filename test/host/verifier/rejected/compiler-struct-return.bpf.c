// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

struct wide {
	u64 a, b, c;
};

static __noinline struct wide make(u64 x) // reject function-signature: StructRet
{
	struct wide made = {x, x + 1, x + 2};

	asm volatile("");
	return made;
}

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return make(ctx->data).b;
}
