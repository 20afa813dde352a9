// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	char *field = (char *)sk + (ctx->mark & 3); // reject null: sock_common_or_null

	asm volatile("" : "+r"(field));
	return sk ? *field : 0;
}
