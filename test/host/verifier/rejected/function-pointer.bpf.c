// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

static int (*volatile chosen)(int);

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return chosen(3); // reject function-pointer: unknown opcode
}
