// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	char text[4] = {};

	bpf_probe_read_kernel(text, sizeof(text), (void *)ctx->args[0]); // reject gpl: GPL
	return text[0];
}
