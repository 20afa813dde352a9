// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	char text[16];
	u64 size = ctx->args[1];

	bpf_probe_read_kernel(text, size, (void *)ctx->args[0]); // reject negative: R2
	return text[0];
}
