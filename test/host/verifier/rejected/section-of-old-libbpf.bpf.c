// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp_drop")
int program(struct xdp_md *ctx) // reject section-name: missing BPF prog type
{
	return XDP_DROP;
}
