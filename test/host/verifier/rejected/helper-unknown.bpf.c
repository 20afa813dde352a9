// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	static int (*const helper)(void) = (void *)9999;

	return helper(); // reject helper-unknown: 9999
}
