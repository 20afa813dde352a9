// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static const char name[] = "getpid"; // reject merged-constants: failed to determine size

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return name[bpf_get_prandom_u32() & 3];
}
