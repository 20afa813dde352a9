// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xpd")
int program(struct xdp_md *ctx) // reject section-name: missing BPF prog type
{
	return XDP_PASS;
}
