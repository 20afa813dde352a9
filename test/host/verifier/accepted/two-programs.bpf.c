// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("sockops")
int one(struct bpf_sock_ops *ctx)
{
	return ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB;
}

SEC("sk_msg")
int two(struct sk_msg_md *ctx)
{
	return ctx->size > 0 ? SK_PASS : SK_DROP;
}
