// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

u32 count;

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return __sync_add_and_fetch(&count, 1); // reject atomic: XADD
}
