// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
__attribute__((naked)) int program(struct xdp_md *ctx)
{
	asm volatile("r0 = 0");
	asm volatile("if r0 == 0 goto +100"); // reject control-flow: jump out of range
	asm volatile("exit");
}
