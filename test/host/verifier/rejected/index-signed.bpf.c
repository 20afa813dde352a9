// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);
	int index = bpf_get_prandom_u32();

	if (!value)
		return XDP_PASS;
	value->text[index] = 1; // reject unbounded: value
	return XDP_PASS;
}
