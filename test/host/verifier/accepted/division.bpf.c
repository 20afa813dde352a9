// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	return 1000 / (ctx->len & 7);
}
