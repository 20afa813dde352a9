// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 value;

	asm volatile("%0 = r7" : "=r"(value)); // reject uninitialised-register: R7 !read_ok
	return value;
}
