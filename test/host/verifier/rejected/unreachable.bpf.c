// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
__attribute__((naked)) int program(struct xdp_md *ctx)
{
	asm volatile("r0 = 0");
	asm volatile("goto +1");
	asm volatile("r0 = 1"); // reject dead-code: unreachable insn
	asm volatile("exit");
}
