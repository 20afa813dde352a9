// SPDX-License-Identifier: GPL-2.0
#define WITH_PROGRAMS
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return XDP_PASS;
}
