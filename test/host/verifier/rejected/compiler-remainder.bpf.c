// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	int left = ctx->mark;

	return left % (int)ctx->len; // reject signed-division: unsupported signed division
}
