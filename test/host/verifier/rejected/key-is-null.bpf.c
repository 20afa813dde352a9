// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	return bpf_map_lookup_elem(&hash, 0) != 0; // reject argument-type: R2 type=scalar
}
