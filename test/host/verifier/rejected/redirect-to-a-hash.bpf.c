// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return bpf_redirect_map(&hash, 0, 0); // reject map-argument: cannot pass map_type
}
