// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	char a[16] = {}, b[16] = {};

	bpf_skb_load_bytes(ctx, 0, a, sizeof(a));
	bpf_skb_load_bytes(ctx, 16, b, sizeof(b));
	return __builtin_memcmp(a, b, ctx->len & 15); // reject extern-undefined: memcmp
}
