// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("freplace/filter")
int program(struct xdp_md *ctx) // reject no-target: attach program
{
	return XDP_PASS;
}
