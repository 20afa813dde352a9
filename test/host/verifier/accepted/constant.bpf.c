// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

const volatile u32 limit = 5;

SEC("tc")
int program(struct __sk_buff *ctx)
{
	return ctx->len > limit;
}
