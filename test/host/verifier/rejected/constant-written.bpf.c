// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

const volatile u32 limit = 5;

SEC("xdp")
int program(struct xdp_md *ctx)
{
	*(volatile u32 *)&limit = 6; // reject read-only: write into map forbidden
	return XDP_PASS;
}
