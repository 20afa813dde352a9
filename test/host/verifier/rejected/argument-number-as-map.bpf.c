// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	u32 key = 1;

	return bpf_map_lookup_elem((void *)5, &key) != 0; // reject argument-type: R1 type=
}
