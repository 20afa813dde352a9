// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u64 value = 0;

	bpf_get_prandom_u32();
	asm volatile("%0 = r1" : "=r"(value)); // reject uninitialised-register: R1 !read_ok
	return value;
}
