// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	char text[16], format[4] = "%d";
	u64 number = ctx->args[1];

	bpf_snprintf(text, sizeof(text), format, &number, sizeof(number)); // reject argument-type: R3
	return text[0];
}
