// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	ctx->mark = ctx->len;
	return ctx->cb[0];
}
