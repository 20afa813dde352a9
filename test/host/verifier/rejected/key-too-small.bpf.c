// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	char key = 1;

	return bpf_map_lookup_elem(&hash, &key) != 0; // reject stack-bounds: stack
}
