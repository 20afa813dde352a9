// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("tc")
int program(struct __sk_buff *ctx)
{
	return *(volatile u8 *)&ctx->data; // reject context-access: invalid bpf_context access
}
