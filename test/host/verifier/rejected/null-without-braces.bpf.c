// SPDX-License-Identifier: GPL-2.0
#include "../common.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct value *value = find(1);

	if (ctx->ingress_ifindex)
		value->count++; // reject null: map_value_or_null
	return XDP_PASS;
}
