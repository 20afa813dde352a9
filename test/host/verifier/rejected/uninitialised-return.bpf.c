// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
__attribute__((naked)) int program(struct xdp_md *ctx)
{
	asm volatile("exit"); // reject uninitialised-register: R0 !read_ok
}
