// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	if (value)
		value->count++;
	return XDP_PASS;
}
