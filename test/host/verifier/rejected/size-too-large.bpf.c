// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	char text[16];
	u32 size = ctx->args[1] & 31;

	bpf_probe_read_kernel(text, size, (void *)ctx->args[0]); // reject stack-bounds: stack
	return text[0];
}
