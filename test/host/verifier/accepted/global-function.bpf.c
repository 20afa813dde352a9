// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

__attribute__((noinline)) int twice(u32 number)
{
	return number * 2;
}

SEC("tc")
int program(struct __sk_buff *ctx)
{
	return twice(ctx->len) & 1;
}
