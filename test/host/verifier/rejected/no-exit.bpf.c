// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
__attribute__((naked)) int program(struct xdp_md *ctx) // reject control-flow: last insn is not
{
	asm volatile("r0 = 0");
}
