// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static int (*volatile chosen)(int);

SEC("xdp")
int program(struct xdp_md *ctx) // reject function-pointer: unknown opcode
{
	return chosen(3);
}
