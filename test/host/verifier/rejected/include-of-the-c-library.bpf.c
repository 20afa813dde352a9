// SPDX-License-Identifier: GPL-2.0
#include "../common.h"
#include <gnu/no-such-header.h> // reject missing-header: file not found

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return XDP_PASS;
}
