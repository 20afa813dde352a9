// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	volatile long *registers = (void *)ctx->args[0];

	return registers[3]; // reject scalar-dereference: invalid mem access
}
