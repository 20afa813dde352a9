// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	static const char format[] = "x";

	bpf_trace_printk(format, 0); // reject argument-size: zero-size
	return 0;
}
