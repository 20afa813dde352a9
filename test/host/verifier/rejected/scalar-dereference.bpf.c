// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return *(volatile long *)0x1234; // reject scalar-dereference: invalid mem access
}
