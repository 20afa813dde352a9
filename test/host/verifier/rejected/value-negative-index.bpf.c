// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);
	int index = bpf_get_prandom_u32();

	if (!value || index >= 16)
		return XDP_PASS;
	return value->text[index]; // reject unbounded: value
}
